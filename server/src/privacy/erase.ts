import type { Actor } from '@countersign/contract/events.ts'
import { Reason } from '@countersign/contract/text.ts'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Base, Ctx } from '../access/ctx.ts'
import { deny } from '../access/deny.ts'
import { parse } from '../access/parse.ts'
import { actorOf, type OperatorPrincipal } from '../access/principal.ts'
import { onRecord } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { awaitCaughtUp } from '../audit/caught-up.ts'
import { readLogSize } from '../audit/tree-reader.ts'
import { Refusal, Trouble } from '../errors.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { forgetRequests } from './forget-requests.ts'
import { forgetStaff } from './forget-staff.ts'
import { heldAmong, listHolds, lockHolds } from './holds.ts'
import type { Candidate, Extent } from './phases.ts'
import { previewErasure } from './preview.ts'
import { namesOf, phasesOf, Selector, targetOf } from './selector.ts'

/** Opened with the login that may delete what lies beside events, and do nothing else but record that it did. */
export type EraseBase = Base & { eraser: Store }

export type Erasure = { selector: Selector; reason: string; actor: Actor }

/** Values that are deleted in one transaction, unless a few events have more. */
const eventsPerTransaction = 2_000
const caughtUpMs = 10_000

/** Up to where an erasure looks: all that was committed by now, once it has its place in the log. */
export const readExtent = async (store: Store, signal = new AbortController().signal): Promise<Extent> => {
  const { rows } = await sql<{ now: string }>`select clock_timestamp()::text as now`.execute(store.db)
  if (!(await awaitCaughtUp(store, signal, caughtUpMs))) {
    throw new Trouble(
      'The log does not yet contain everything that was recorded.',
      'Start the program, or find out why its log does not grow.',
    )
  }
  return { through: (await readLogSize(store)) - 1, until: (rows[0] as { now: string }).now }
}

type Deleted = { member: string; tenant_id: string | null }

const countMembers = (rows: readonly Deleted[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(rows, ({ member }) => member)].sort().map(([member, { length }]) => [member, length]))

/**
 * Deletes these values and records it, one event for each tenant, or nothing of either. What a legal hold keeps the database
 * itself does not let go.
 */
const eraseSome = async (
  { eraser, journal }: EraseBase,
  erasure: Erasure,
  found: readonly Candidate[],
  { through }: Extent,
): Promise<number> =>
  await transaction(eraser, async (tx) => {
    await lockHolds(tx, 'shared')
    const { rows } = await sql<Deleted>`
      delete from disclosures d using unnest(${found.map(({ holder }) => holder)}::text[], ${found.map(({ member }) => member)}::text[]) as k (holder, member)
      where d.holder = k.holder and d.member = k.member
      returning d.member, d.tenant_id`.execute(tx)
    const events = [...Map.groupBy(rows, ({ tenant_id }) => tenant_id)].map(([tenant_id, ofTenant]) =>
      journal.draft({
        action: 'PERSONAL_DATA.ERASED',
        result: 'ok',
        actor: erasure.actor,
        ...(tenant_id === null ? {} : { tenant_id }),
        target: targetOf(erasure.selector),
        reason: erasure.reason,
        details: { selector: erasure.selector, members: countMembers(ofTenant), count: ofTenant.length, through },
      }),
    )
    await journal.write(tx, events)
    return rows.length
  })

/**
 * Erases what a selector finds, in transactions that each stand for themselves: one that is broken off goes on where it stood when it
 * is begun again, and the events say what was done. Returns how many values that were.
 */
export const eraseAll = async (base: EraseBase, erasure: Erasure, signal = new AbortController().signal): Promise<number> => {
  const extent = await readExtent(base.store, signal)
  let erased = 0
  for (const phase of await phasesOf(base.store, erasure.selector)) {
    for await (const found of phase(base.store, extent, eventsPerTransaction)) {
      signal.throwIfAborted()
      erased += await eraseSome(base, erasure, found, extent)
    }
  }
  return erased
}

/** The tenants that a legal hold keeps among those that an erasure would touch. */
const findHeld = async (store: Store, selector: Selector, extent: Extent): Promise<string[]> => {
  if ((await listHolds(store)).length === 0) return []
  const { tenants } = await previewErasure(store, selector, extent)
  return await heldAmong(store, 'tenant_id' in selector ? [...tenants, selector.tenant_id] : tenants)
}

const Input = z.strictObject({ selector: Selector, reason: Reason })

/** Refuses, on the record of each tenant that is held. */
const refuseHeld = async (ctx: EraseBase, { selector, reason, actor }: Erasure, held: readonly string[]): Promise<never> => {
  const refusal = new Refusal('legal_hold', { detail: `There is a legal hold on ${held.join(', ')}.` })
  const through = (await readLogSize(ctx.store)) - 1
  const denials = held.map((tenant_id) =>
    deny(refusal, {
      action: 'PERSONAL_DATA.ERASED',
      actor,
      tenant_id,
      target: targetOf(selector),
      reason,
      details: { selector, members: {}, count: 0, through },
    }),
  )
  for (const denial of denials.slice(1)) await onRecord(ctx, () => Promise.reject(denial)).catch(() => {})
  throw denials[0] ?? refusal
}

/**
 * Erases what is said of a person, of a tenant's people, or what was typed to search; refused where a legal hold keeps any of it.
 * Requests for an action that wait to be decided keep what they say until then: returns how many.
 */
export const erasePersonalData = verb({
  name: 'erase personal data',
  may: 'operator',
  parse: (raw: z.input<typeof Input>) => parse(Input, raw),
  async run(ctx: Ctx<OperatorPrincipal> & EraseBase, { selector, reason }): Promise<{ erased: number; waiting: number }> {
    const erasure = { selector, reason, actor: actorOf(ctx.principal) }
    const extent = await readExtent(ctx.store)
    const names = await namesOf(ctx.store, selector)
    if (names.some((name) => reason.toLowerCase().includes(name.toLowerCase())))
      throw new Refusal('invalid_request', { errors: [{ path: 'reason', message: 'names what is to be erased, and would stay' }] })
    const held = await findHeld(ctx.store, selector, extent)
    if (held.length > 0) await refuseHeld(ctx, erasure, held)
    const waiting = await forgetRequests(ctx, erasure, names, extent.through)
    const erased = await eraseAll(ctx, erasure)
    if ('staff_id' in selector) await forgetStaff(ctx, erasure, selector.staff_id)
    return { erased, waiting }
  },
})
