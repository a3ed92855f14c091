import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { Completeness, LogHead, ReadEvent } from '@countersign/contract/proofs.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import type { Ctx } from '../access/ctx.ts'
import type { Principal, StaffPrincipal, TenantPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { type LogIdentity, readCheckpoint } from '../audit/checkpoint.ts'
import { findEvent, findTenantEvent } from '../audit/find-event.ts'
import { proveEntry } from '../audit/prove.ts'
import { recordEventRead } from '../audit/read.ts'
import { proveCompleteness } from '../audit/tally.ts'
import { Refusal } from '../errors.ts'
import { readerOf } from './read.ts'

type Wanted = { event_id: string } & ReadEvent
/** With the log's key: what it did not sign is shown to nobody. */
type LogCtx<P extends Principal> = Ctx<P> & { logKey: LogIdentity }

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
  run: async ({ store, logKey }: LogCtx<StaffPrincipal>, { event_id }: Wanted): Promise<string> =>
    await proveEntry(store, logKey.verifier, require(await findEvent(store, event_id)).log_index),
})

/** The same of one of the tenant's own events. */
export const proveTenantEvent = verb({
  name: "prove one of the tenant's events",
  may: { permission: 'audit:read' },
  run: async ({ store, principal, logKey }: LogCtx<TenantPrincipal>, { event_id }: Wanted): Promise<string> =>
    await proveEntry(store, logKey.verifier, require(await findTenantEvent(store, principal.tenant_id, event_id)).log_index),
})

const readHead = async <P extends Principal>({ store, logKey }: LogCtx<P>): Promise<LogHead> => {
  const newest = await readCheckpoint(store, logKey.verifier)
  if (!newest) throw new Refusal('not_found', { detail: 'The log has no checkpoint yet.' })
  const { size, root, note, signed_at } = newest
  return {
    origin: logKey.origin,
    size,
    root: root.toString('base64'),
    checkpoint: note,
    signed_at: signed_at.toISOString(),
    key: logKey.text,
  }
}

/** What the log signed last. */
export const readLogHead = verb({
  name: 'read the head of the log',
  may: auditRoles,
  run: (ctx: LogCtx<StaffPrincipal>): Promise<LogHead> => readHead(ctx),
})

/** The same for a tenant's key. */
export const readTenantLogHead = verb({
  name: 'read the head of the log as a tenant',
  may: { permission: 'audit:read' },
  run: (ctx: LogCtx<TenantPrincipal>): Promise<LogHead> => readHead(ctx),
})

/** How many events the log has of the tenant, proven: so it can tell that it was shown all of them. */
export const proveTenantCompleteness = verb({
  name: "prove how many of the tenant's events there are",
  may: { permission: 'audit:read' },
  run: async ({ store, principal, logKey }: LogCtx<TenantPrincipal>): Promise<Completeness> =>
    await proveCompleteness(store, logKey.verifier, principal.tenant_id),
})
