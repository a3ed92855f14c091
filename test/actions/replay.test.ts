import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runPolicyReplay } from '../../server/src/cli/policy-replay.ts'
import { product } from '../policy/rig.ts'
import { until } from '../support/until.ts'
import { type ActionRig, type Person, reason, startActionRig } from './rig.ts'

const user = 'usr_0001'
const folder = mkdtempSync(join(tmpdir(), 'countersign-replay-'))

let rig: ActionRig
let rob: Person
beforeAll(async () => {
  rig = await startActionRig()
  const tenant = await rig.knownTenant()
  rob = await rig.person('support_admin')
  const mgr = await rig.person('support_manager')
  await rig.act(rob, 'reset_passkey', user)
  await rig.act(rob, 'reset_passkey', user, { ticket: 'SUP-1' })
  await rig.act(rob, 'suspend_account', user)
  const { body } = await rig.act(rob, 'suspend_account', user, { ask_approval: true })
  await rig.approve(mgr, body.id)
  await rig.send(rob, '/api/sessions', { tenant_id: tenant, target_user_id: user, reason })
  await until(async () => {
    const { rows } = await rig.database.store.pool.query<{ open: boolean }>(
      'select exists (select from events e where not exists (select from log_entries l where l.event_n = e.n)) as open',
    )
    return rows[0]?.open === false
  })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await rig.close()
})

const replayed = async (options: Parameters<typeof runPolicyReplay>[1] = {}) => {
  const lines: string[] = []
  const { store, keys, journal } = rig.database
  const opened = { config: rig.config, store, keys, journal, database: undefined as never }
  await runPolicyReplay(opened, { json: true, ...options }, (line) => lines.push(line))
  const { attempts, differences } = JSON.parse(lines.join('\n')) as {
    attempts: number
    differences: { action: string; was: string; would_be: string }[]
  }
  return { attempts, differences: differences.map(({ action, was, would_be }) => [action, was, would_be]) }
}
const draft = (text: string) => {
  const file = join(folder, 'draft.yaml')
  writeFileSync(file, `${product}\n${text}`)
  return file
}

describe('M1 countersign policy replay', () => {
  it('finds every attempt on the record once, and nothing different under the policy that decided', async () => {
    expect(await replayed()).toEqual({ attempts: 5, differences: [] })
  })

  it('lists what a draft would have decided otherwise, the oldest first', async () => {
    expect((await replayed({ policy: draft('policy: { preset: strict }') })).differences).toEqual([
      ['suspend_account', 'manager missing', 'manager missing, ticket missing'],
      ['suspend_account', 'allowed', 'ticket missing'],
      ['impersonate', 'allowed', 'ticket missing'],
    ])
    const loose = draft('actions:\n  reset_passkey: { requires: [reason] }\n')
    expect((await replayed({ policy: loose })).differences).toEqual([['reset_passkey', 'ticket missing', 'allowed']])
  })

  it('looks at a period alone', async () => {
    expect((await replayed({ to: '2020-01-01T00:00:00Z' })).attempts).toBe(0)
    expect((await replayed({ from: '2020-01-01T00:00:00Z' })).attempts).toBe(5)
  })
})
