import { type ActionName, actionNames, actions, type UnmetGate } from '@countersign/contract/actions.ts'
import type { LoggedEvent } from '@countersign/contract/events.ts'
import { roles } from '@countersign/contract/staff.ts'
import { listEvents } from '../audit/list.ts'
import type { AttemptTarget } from '../policy/attempt.ts'
import type { Policy } from '../policy/compile.ts'
import { formatNote } from '../policy/decide.ts'
import { loadPolicy } from '../policy/load.ts'
import { type Decided, replay } from '../policy/replay.ts'
import type { Store } from '../store/open.ts'
import type { Say } from './keys.ts'
import { type Opened, readConfig } from './open.ts'
import { formatTable } from './table.ts'

type Options = { from?: string; to?: string; policy?: string; json?: boolean }
type Recorded = Decided & { event: LoggedEvent }

/** Stands for a reason or a ticket that was given and is not there any more: what it said decides nothing. */
const erased = { reason: 'It was given, and has been erased', ticket: 'erased' }

/** An attempt is the event of its refusal, of its intent, or of the request for an approval, which leads to an intent too. */
const actionOf = (event: LoggedEvent): ActionName | undefined => {
  const { action, result } = event
  const said = (event.details as { action?: string } | undefined)?.action
  return actionNames.find((name) => {
    const { attempt, done, requested } = actions[name].events
    if (result === 'deny') return event.code === 'gates_unmet' && action === attempt && (said === undefined || said === name)
    if (actions[name].act === null) return action === done
    return said === name && (action === 'ACTION.STARTED' || action === requested)
  })
}

/** What the record does not say is taken as the directory has it now; of a user's role it says nothing. */
type Facts = { roles: Map<string, string[]>; tenants: Map<string, { plan: string | null; region: string | null }> }

const readFacts = async ({ db }: Store): Promise<Facts> => {
  const [staff, tenants] = await Promise.all([
    db.selectFrom('staff').select(['id', 'roles']).execute(),
    db.selectFrom('tenants').select(['id', 'plan', 'region']).execute(),
  ])
  return { roles: new Map(staff.map((row) => [row.id, row.roles])), tenants: new Map(tenants.map((row) => [row.id, row])) }
}

const targetOf = (action: ActionName, { tenant_id = '', target, note }: LoggedEvent, { tenants }: Facts): AttemptTarget => {
  const { plan = null, region = null } = tenants.get(tenant_id) ?? {}
  const of = { id: target?.id ?? '', tenantId: tenant_id, plan, region }
  if (actions[action].target === 'tenant') return { kind: 'tenant', ...of }
  const isSelf = note?.includes('own account') === true
  return { kind: 'user', ...of, role: null, isSelf, isStaff: isSelf || note?.includes('account of staff') === true }
}

const unmetOf = ({ result, note }: LoggedEvent, policies: readonly Policy[]): UnmetGate[] => {
  if (result !== 'deny' || note === undefined) return []
  const gates = new Map(policies.flatMap(({ rules }) => rules.map((rule) => [rule.note, rule.gate])))
  return note.split(', ').map((each) => ({ gate: gates.get(each) ?? 'unknown', note: each }))
}

const recordedOf = (action: ActionName, event: LoggedEvent, facts: Facts, policies: readonly Policy[]): Recorded => {
  const now = new Date(event.occurred_at)
  const unmet = unmetOf(event, policies)
  const given = (member: 'reason' | 'ticket') => (event.erased?.includes(member) ? erased[member] : event[member])
  const held = facts.roles.get(event.actor.id) ?? []
  return {
    event,
    unmet,
    attempt: {
      action,
      staff: { id: event.actor.id, roles: roles.filter((role) => held.includes(role)), signedInAt: now },
      target: targetOf(action, event, facts),
      ...(given('reason') === undefined ? {} : { reason: given('reason') }),
      ...(given('ticket') === undefined ? {} : { ticket: given('ticket') }),
      // A request that was taken could have had them all.
      approvers: event.result === 'deny' ? [] : [1, 2, 3, 4, 5].map((n) => ({ id: `approver ${n}`, roles: [...roles] })),
      ...(unmet.some(({ gate }) => gate === 'step_up') ? {} : { stepUp: { at: now, bound: true } }),
      now,
    },
  }
}

const readRecorded = async (store: Store, { from, to }: Options, policies: readonly Policy[]): Promise<Recorded[]> => {
  const facts = await readFacts(store)
  const recorded: Recorded[] = []
  for (let cursor: string | undefined | null; cursor !== null; ) {
    const page = await listEvents(store, { ...(from && { from }), ...(to && { to }) }, { limit: 200, ...(cursor && { cursor }) })
    for (const event of page.items) {
      const action = actionOf(event)
      if (action) recorded.push(recordedOf(action, event, facts, policies))
    }
    cursor = page.next_cursor
  }
  return withoutSecond(recorded.toReversed())
}

/** A request and the intent that it led to are one attempt. */
const withoutSecond = (recorded: readonly Recorded[]): Recorded[] => {
  const idOf = ({ event }: Recorded) => (event.details as { request_id?: string } | undefined)?.request_id
  const asked = new Set(recorded.filter(({ event }) => event.action.endsWith('.REQUESTED')).map(idOf))
  return recorded.filter((each) => each.event.action !== 'ACTION.STARTED' || !asked.has(idOf(each)))
}

const wordsOf = (unmet: readonly UnmetGate[]): string => (unmet.length === 0 ? 'allowed' : formatNote(unmet))

/** `countersign policy replay [--from <instant>] [--to <instant>] [--policy <file>] [--json]` */
export const runPolicyReplay = async ({ config, store }: Opened, options: Options, say: Say): Promise<void> => {
  const [current, draft] = [loadPolicy(config), options.policy === undefined ? loadPolicy(config) : loadPolicy(readConfig(options.policy))]
  const recorded = await readRecorded(store, options, [current, draft])
  const differences = [...replay(recorded, draft)].map(({ decided: { event, attempt, unmet }, wouldBeUnmet }) => ({
    at: event.occurred_at,
    event_id: event.id,
    staff_id: event.actor.id,
    action: attempt.action,
    target: attempt.target.id,
    was: wordsOf(unmet),
    would_be: wordsOf(wouldBeUnmet),
  }))
  if (options.json) {
    say(JSON.stringify({ attempts: recorded.length, policy: draft.hash, differences }))
    return
  }
  say(`${recorded.length} attempts, of which ${differences.length} would be decided differently.`)
  if (differences.length > 0)
    say(
      formatTable(
        ['AT', 'STAFF', 'ACTION', 'ON', 'WAS', 'WOULD BE'],
        differences.map(({ event_id: _, ...cells }) => Object.values(cells)),
      ),
    )
}
