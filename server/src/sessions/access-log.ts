import type { AccessLogPage, ListAccessLog } from '@countersign/contract/sessions.ts'
import { sessionReadRoles } from '@countersign/contract/staff.ts'
import type { z } from 'zod'
import { verb } from '../access/verb.ts'
import { listAccessLog } from '../audit/access-log.ts'
import { parseCursor } from '../audit/cursor.ts'
import { recordRead } from '../audit/read.ts'
import { type ReadCtx, readerOf } from '../events/read.ts'
import { getSession } from './get.ts'

type Input = { session_id: string } & z.output<typeof ListAccessLog>

/** Every request of a session, newest first. Reading it is on the log, where its tenant sees it. */
export const readAccessLog = verb({
  name: 'read an access log',
  may: sessionReadRoles,
  named: ({ session_id }: Input) => ({ session_id }),
  async run(ctx: ReadCtx, { session_id, cursor, limit }: Input): Promise<AccessLogPage> {
    await getSession(ctx, session_id)
    const page = await listAccessLog(ctx.store, session_id, { cursor, limit })
    await recordRead(ctx, readerOf(ctx.principal), { session_id }, cursor === undefined ? undefined : { before: parseCursor(cursor) })
    return page
  },
})
