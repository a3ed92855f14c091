import type { EventFilters } from '@countersign/contract/events.ts'
import { AskExport, AskTenantExport, type Export, ExportFormat, exportMaximum } from '@countersign/contract/exports.ts'
import { auditRoles, exportRoles } from '@countersign/contract/staff.ts'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Base, Ctx } from '../access/ctx.ts'
import type { Attempt } from '../access/deny.ts'
import { parse } from '../access/parse.ts'
import { actorOf, hasRole, type OperatorPrincipal, type Principal, type StaffPrincipal, type TenantPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { asReader } from '../audit/as-tenant.ts'
import { ofTenant } from '../audit/list.ts'
import { matching } from '../audit/matching.ts'
import { hideFilters, type Part, partsOf } from '../audit/read.ts'
import { readLogSize } from '../audit/tree-reader.ts'
import { Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Tables } from '../store/tables.ts'
import { findExport, formatExport, type OwnerPrincipal, ownerOf } from './row.ts'

/** Of one person, or one tenant: being prepared, and in a day. */
const preparingMaximum = 3
const keptMaximum = 50

type Needs = {
  /** Tells who prepares exports, if that is this process. */
  onAsked(): void
}
export type AskCtx<P extends Principal> = Ctx<P> & Needs

type Asked = { filters: EventFilters; format: ExportFormat; reason?: string | undefined }

/** What of an attempt is recorded, where it could be read. */
const Attempted = z.object({ filters: AskExport.shape.filters.catch({}), format: ExportFormat.optional().catch(undefined) })

const target = { kind: 'log', id: 'audit' } as const

/** Events of many tenants at once, or very many of one, are for auditors, and for a reason (EX-6). */
const requireWide = async ({ store, principal }: Ctx<StaffPrincipal>, { whole, filters, size, reason }: Sized): Promise<void> => {
  const isOfMany = whole.tenant_id === undefined
  const limit = exportMaximum + 1
  const isWide = isOfMany || (await asReader(store, await (await matching(store.db, filters)).count({ before: size }, limit))) === limit
  if (!isWide) return
  if (!hasRole(principal, exportRoles)) {
    const what = isOfMany ? 'more than one tenant' : `more than ${exportMaximum.toLocaleString('en')} events`
    throw new Refusal('role_missing', { detail: `An export of ${what} needs the role ${exportRoles.join(' or ')}.` })
  }
  if (reason === undefined) throw new Refusal('reason_too_short', { errors: [{ path: '/reason', message: 'is missing' }] })
}

/** One at a time of each owner, so that two at once cannot both be the last. */
const requireRoom = async (tx: Kysely<Tables>, { kind, id }: ReturnType<typeof ownerOf>): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${kind} ${id}`}, 7302))`.execute(tx)
  const { rows } = await sql<{ kept: number; preparing: number }>`
    select count(*)::int as kept, count(*) filter (where ready_at is null and failed is null)::int as preparing
    from exports where owner_kind = ${kind} and owner_id = ${id} and expires_at > clock_timestamp()`.execute(tx)
  const { kept = 0, preparing = 0 } = rows[0] ?? {}
  if (preparing >= preparingMaximum) {
    throw new Refusal('too_many_requests', { detail: `${preparingMaximum} exports of yours are being prepared; wait for one of them.` })
  }
  if (kept >= keptMaximum) throw new Refusal('too_many_requests', { detail: `There were ${keptMaximum} exports of yours in a day.` })
}

type Sized = Asked & { whole: Part; each: Part[]; size: number }

/** What is asked for, as it is kept and recorded: without secrets that were typed, and with whom it concerns. */
const judged = async ({ store }: Pick<Ctx, 'store'>, { filters: given, ...asked }: Asked): Promise<Sized> => {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as EventFilters
  const filters = hideFilters(set)
  const [size, [whole, ...each]] = await Promise.all([readLogSize(store), partsOf(store.db, filters)])
  return { ...asked, filters, whole, each, size }
}

/** Puts it on the record, for each tenant that it names too, and takes it down for whoever prepares it. */
const takeDown = async (ctx: AskCtx<OwnerPrincipal>, { format, reason, whole, each, size }: Sized): Promise<Export> => {
  const { principal, journal, request } = ctx
  const owner = ownerOf(principal)
  const id = newId('export')
  const row = await transact(ctx, async (tx) => {
    await requireRoom(tx, owner)
    const [event = ''] = await journal.recordAll(
      tx,
      [whole, ...each].map(({ filters, ...tenant }) => ({
        ...{ action: 'AUDIT.EXPORT.REQUESTED', result: 'ok', actor: actorOf(principal), ...tenant, target, reason, request },
        details: { export_id: id, format, filters, size },
      })),
    )
    await tx
      .insertInto('exports')
      .values({
        ...{ id, owner_kind: owner.kind, owner_id: owner.id, asked_by: principal.id, tenant_id: whole.tenant_id ?? null },
        ...{ filters: JSON.stringify(whole.filters), format, requested_event_id: event, size },
      })
      .execute()
    return await findExport(tx, id)
  })
  if (!row) throw new Error(`the export ${id} was not stored`)
  ctx.onAsked()
  return formatExport(row)
}

/** What was attempted, as far as it could be read. */
const attempted = async (ctx: Omit<Ctx, 'principal'> & { principal: Principal }, raw: unknown): Promise<Attempt> => {
  const { principal, request } = ctx
  const { data } = Attempted.safeParse(raw)
  const own = principal.kind === 'tenant' ? { tenant_id: principal.tenant_id } : {}
  const [{ filters, ...tenant }] = await partsOf(ctx.store.db, hideFilters(data?.filters ?? {}))
  return {
    ...{ action: 'AUDIT.EXPORT.REQUESTED', actor: actorOf(principal), ...tenant, ...own, target, request },
    details: { filters, ...(data?.format === undefined ? {} : { format: data.format }) },
  }
}

/** Asks for an export of what matches now. It is on the record before anything is read. */
export const askExport = verb({
  name: 'export events',
  may: auditRoles,
  parse: (raw: unknown): Asked => parse(AskExport, raw, { reason: 'reason_too_short' }),
  attempt: attempted,
  async run(ctx: AskCtx<StaffPrincipal>, asked): Promise<Export> {
    const sized = await judged(ctx, asked)
    await requireWide(ctx, sized)
    return await takeDown(ctx, sized)
  },
})

/** The same by a tenant's key, of the tenant's own events. */
export const askTenantExport = verb({
  name: "export the tenant's events",
  may: { permission: 'audit:read' },
  parse: (raw: unknown): Asked => parse(AskTenantExport, raw),
  attempt: attempted,
  async run(ctx: AskCtx<TenantPrincipal>, { filters, format }): Promise<Export> {
    return await takeDown(ctx, await judged(ctx, { filters: ofTenant(ctx.principal.tenant_id, filters), format }))
  },
})

/** The same by the person at the host, of a time: it is prepared by the command itself. Answers its id. */
export const askOperatorExport = async (ctx: Base & { principal: OperatorPrincipal }, given: EventFilters): Promise<string> => {
  const { principal, journal } = ctx
  const { filters, whole, each, size } = await judged(ctx, { filters: given, format: 'ndjson' })
  const id = newId('export')
  await transact(ctx, async (tx) => {
    const [event = ''] = await journal.recordAll(
      tx,
      [whole, ...each].map(({ filters: part, ...tenant }) => ({
        ...{ action: 'AUDIT.EXPORT.REQUESTED', result: 'ok', actor: actorOf(principal), ...tenant, target },
        details: { export_id: id, format: 'ndjson', filters: part, size },
      })),
    )
    await tx
      .insertInto('exports')
      .values({
        ...{ id, owner_kind: 'operator', owner_id: principal.id, asked_by: principal.id, tenant_id: whole.tenant_id ?? null },
        ...{ filters: JSON.stringify(filters), format: 'ndjson', requested_event_id: event, size },
        claimed_until: sql<Date>`clock_timestamp() + interval '1 day'`,
      })
      .execute()
  })
  return id
}
