import type { LoggedEvent, LogStatus } from '@countersign/contract/events.ts'
import type { LogHead, ReadEvent } from '@countersign/contract/proofs.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import { parseCheckpoint } from '@countersign/log/checkpoint.ts'
import { parseNote } from '@countersign/log/note.ts'
import type { Ctx } from '../access/ctx.ts'
import type { Principal, StaffPrincipal, TenantPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { findCheckpoint } from '../audit/checkpoint.ts'
import { findEvent, findTenantEvent } from '../audit/find-event.ts'
import { proveEntry } from '../audit/prove.ts'
import { recordEventRead } from '../audit/read.ts'
import { Refusal } from '../errors.ts'
import { readerOf } from './read.ts'

type Wanted = { event_id: string } & ReadEvent
type HeadCtx<P extends Principal> = Ctx<P> & { logStatus: () => Promise<LogStatus> }

const require = (event: LoggedEvent | undefined): LoggedEvent => {
  if (!event) throw new Refusal('not_found')
  return event
}

/** One event of the log. That it was read is on the log too. */
export const readEvent = verb({
  name: 'read an event',
  may: auditRoles,
  async run(ctx: Ctx<StaffPrincipal>, { event_id, proof }: Wanted): Promise<LoggedEvent> {
    const event = require(await findEvent(ctx.store, event_id, { proof }))
    await recordEventRead(ctx, readerOf(ctx.principal), event)
    return event
  },
})

/** One of the tenant's own events. */
export const readTenantEvent = verb({
  name: "read one of the tenant's events",
  may: { permission: 'audit:read' },
  run: async ({ store, principal }: Ctx<TenantPrincipal>, { event_id, proof }: Wanted): Promise<LoggedEvent> =>
    require(await findTenantEvent(store, principal.tenant_id, event_id, { proof })),
})

/** That an event is in the log (C2SP tlog-proof): hashes and a signature, which say nothing of it. */
export const proveEvent = verb({
  name: 'prove an event',
  may: auditRoles,
  run: async ({ store }: Ctx<StaffPrincipal>, { event_id }: Wanted): Promise<string> =>
    await proveEntry(store, require(await findEvent(store, event_id)).log_index),
})

/** The same of one of the tenant's own events. */
export const proveTenantEvent = verb({
  name: "prove one of the tenant's events",
  may: { permission: 'audit:read' },
  run: async ({ store, principal }: Ctx<TenantPrincipal>, { event_id }: Wanted): Promise<string> =>
    await proveEntry(store, require(await findTenantEvent(store, principal.tenant_id, event_id)).log_index),
})

const readHead = async <P extends Principal>({ store, logStatus }: HeadCtx<P>): Promise<LogHead> => {
  const newest = await findCheckpoint(store)
  if (!newest) throw new Refusal('not_found', { detail: 'The log has no checkpoint yet.' })
  const { origin } = parseCheckpoint(parseNote(newest.note).text)
  const { size, root, note, signed_at } = newest
  return {
    origin,
    size,
    root: root.toString('base64'),
    checkpoint: note,
    signed_at: signed_at.toISOString(),
    key: (await logStatus()).key,
  }
}

/** What the log signed last. */
export const readLogHead = verb({
  name: 'read the head of the log',
  may: auditRoles,
  run: (ctx: HeadCtx<StaffPrincipal>): Promise<LogHead> => readHead(ctx),
})

/** The same for a tenant's key. */
export const readTenantLogHead = verb({
  name: 'read the head of the log as a tenant',
  may: { permission: 'audit:read' },
  run: (ctx: HeadCtx<TenantPrincipal>): Promise<LogHead> => readHead(ctx),
})
