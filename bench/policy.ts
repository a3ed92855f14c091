import { actionNames, actions } from '@countersign/contract/actions.ts'
import type { Attempt } from '../server/src/policy/attempt.ts'
import { compilePolicy, type Policy } from '../server/src/policy/compile.ts'
import { decide } from '../server/src/policy/decide.ts'
import { tableOf } from '../server/src/policy/table.ts'

export const about = 'decisions of the policy: the default one, and one with 50 further rules'

const rounds = 10
const perRound = 2_000
const now = new Date('2026-03-02T10:00:00Z')
const table = tableOf({
  policy: { preset: 'default' },
  actions: {},
  approvals: { signature: 'passkey', expires_minutes: 240, auto_execute: true },
})

/** Rules as a security engineer writes them: none of them matches, so that each has to be evaluated to its end. */
const furtherRules = Array.from(
  { length: 50 },
  (_, at) => `@gate("contract_${at}") @note("contract ${at}")
forbid (principal, action in [Action::"med", Action::"high"], resource)
when { resource has region && resource.region == "region-${at}" && context.sign_in_age > duration("1h") };`,
).join('\n')

/** Every action, with all that it requires and with nothing, in turn. */
const attempts: Attempt[] = actionNames.flatMap((action) => {
  const tenant = { id: 'thing_0199', tenantId: 'ten_0199', plan: 'enterprise', region: 'eu-west' }
  const { target: kind } = actions[action]
  const bare: Attempt = {
    action,
    staff: { id: 'stf_rob', roles: ['support_admin'], signedInAt: new Date(now.getTime() - 7_200_000) },
    target: kind === 'tenant' ? { kind, ...tenant } : { kind, ...tenant, role: 'member', isSelf: false, isStaff: false },
    now,
  }
  const given = {
    reason: 'She lost her phone, and called from the number on file',
    ticket: 'SUP-4831',
    approvers: [{ id: 'stf_mgr', roles: ['support_manager' as const] }],
    stepUp: { at: now, bound: true },
  }
  return [{ ...bare, ...given }, bare]
})

const measure = (policy: Policy): number[] =>
  Array.from({ length: perRound }, (_, at) => {
    const attempt = attempts[at % attempts.length] as Attempt
    const started = performance.now()
    const { allowed } = decide(policy, attempt)
    const took = performance.now() - started
    if (allowed !== (attempt.reason !== undefined)) throw new Error(`${attempt.action} was decided wrongly`)
    return took
  })

type Measured = { times: number[]; cpuMs: number }

const summary = ({ times, cpuMs }: Measured) => {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number) => Number((sorted[Math.floor(sorted.length * part)] as number).toFixed(3))
  return { p50_ms: at(0.5), p99_ms: at(0.99), cpu_ms: Number((cpuMs / sorted.length).toFixed(3)), n: sorted.length }
}

/** Milliseconds of a decision, half of them refused; `cpu_ms` is what remains true on a machine that is busy otherwise. Interleaved rounds; the first of each is not counted. */
export async function run(): Promise<Record<string, unknown>> {
  const files = [{ name: 'contracts.cedar', text: furtherRules }]
  const policies = [[], files].map((rules) => compilePolicy({ table, stepUp: true, files: rules }))
  const measured: [Measured, Measured] = [
    { times: [], cpuMs: 0 },
    { times: [], cpuMs: 0 },
  ]
  for (let round = 0; round <= rounds; round += 1) {
    policies.forEach((policy, at) => {
      const before = process.cpuUsage()
      const times = measure(policy)
      const { user, system } = process.cpuUsage(before)
      if (round === 0) return
      measured[at as 0 | 1].times.push(...times)
      measured[at as 0 | 1].cpuMs += (user + system) / 1000
    })
  }
  return { name: 'policy', ...summary(measured[0]), with_50_rules: summary(measured[1]), goal_p99_ms: 1 }
}
