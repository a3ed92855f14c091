import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ActionName, actions } from '@countersign/contract/actions.ts'
import { Role } from '@countersign/contract/staff.ts'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { parseConfig } from '../../server/src/config.ts'
import type { Attempt } from '../../server/src/policy/attempt.ts'
import type { Policy } from '../../server/src/policy/compile.ts'
import { loadPolicy } from '../../server/src/policy/load.ts'

/** What a configuration needs beside its policy. */
export const product = `
gateway:
  upstream: http://127.0.0.1:4002
  upstream_audience: api
  routes: [{ method: GET, path: /v1/reports, scope: 'reports:read' }]
  presets: { read_only: ['reports:read'] }
directory:
  connector: { url: http://127.0.0.1:4002/connector, audience: connector }
`

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
export const policyNames = readdirSync(at('policies'))

/** A policy as its author wrote it, in `policies/<name>/`. */
export const policyNamed = (name: string): Policy => {
  const source = at(`policies/${name}/countersign.config.yaml`)
  return loadPolicy({ ...parseConfig(product + readFileSync(source, 'utf8'), source), source })
}

/** A policy of a text that stands where `actions` and `policy` do in the configuration. */
export const policyOf = (text: string, source = at('countersign.config.yaml')): Policy =>
  loadPolicy({ ...parseConfig(product + text, source), source })

const now = new Date('2026-03-02T10:00:00Z')

/** An attempt by a support admin on an ordinary user or tenant, with nothing given. */
export const attemptAt = (action: ActionName, more: Partial<Attempt> = {}): Attempt => ({
  action,
  staff: { id: 'stf_rob', roles: ['support_admin'], signedInAt: now },
  target: targetOf(action),
  now,
  ...more,
})

type Ordinary = { plan?: string | null; region?: string | null; user_role?: string | null; self?: boolean; staff?: boolean }
export const targetOf = (action: ActionName, given: Ordinary = {}): Attempt['target'] => {
  const { plan = 'starter', region = 'us', user_role = 'member', self = false, staff = false } = given
  const { target: kind } = actions[action]
  if (kind === 'tenant') return { kind, id: 'ten_globex', tenantId: 'ten_globex', plan, region }
  return { kind, id: 'usr_eve', tenantId: 'ten_globex', plan, region, role: user_role, isSelf: self, isStaff: staff }
}

/** A file of `allow/` or `deny/`. */
const Example = z.strictObject({
  policy: z.string().default('default'),
  staff: z.array(Role),
  does: ActionName,
  to: z
    .strictObject({
      plan: z.string().optional(),
      region: z.string().optional(),
      user_role: z.string().optional(),
      self: z.boolean().optional(),
      staff: z.boolean().optional(),
    })
    .default({}),
  at: z.iso.datetime().default(now.toISOString()),
  signed_in_minutes_ago: z.number().default(0),
  reason: z.string().optional(),
  ticket: z.string().optional(),
  approved_by: z.array(z.union([z.array(Role), z.literal('requester')])).default([]),
  step_up: z.strictObject({ minutes_ago: z.number(), this_act: z.boolean().default(false) }).optional(),
  unmet: z.record(z.string(), z.string()).default({}),
})
type Example = z.infer<typeof Example>

export const examplesIn = (folder: 'allow' | 'deny'): { name: string; example: Example }[] =>
  readdirSync(at(folder)).map((file) => ({
    name: `${folder}/${file.replace(/[.]yaml$/, '').replaceAll('-', ' ')}`,
    example: Example.parse(parseYaml(readFileSync(at(`${folder}/${file}`), 'utf8'))),
  }))

const minutesBefore = (instant: Date, minutes: number): Date => new Date(instant.getTime() - minutes * 60_000)

export const attemptOf = ({ staff: roles, does, to, reason, ticket, approved_by, step_up, ...example }: Example): Attempt => {
  const at = new Date(example.at)
  const staff = { id: 'stf_rob', roles, signedInAt: minutesBefore(at, example.signed_in_minutes_ago) }
  return {
    action: does,
    staff,
    target: targetOf(does, to),
    reason,
    ticket,
    approvers: approved_by.map((who, index) => (who === 'requester' ? staff : { id: `stf_approver_${index}`, roles: who })),
    stepUp: step_up && { at: minutesBefore(at, step_up.minutes_ago), bound: step_up.this_act },
    now: at,
  }
}
