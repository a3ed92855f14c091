import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventPage, LoggedEvent } from '@countersign/contract/events.ts'
import type { Completeness } from '@countersign/contract/proofs.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readKeyFile, runVerify } from '../../../server/src/cli/verify.ts'
import { createKey } from '../../../server/src/identity/tenant-key/create.ts'
import { type Rig, startRig } from '../../support/rig.ts'
import { until } from '../../support/until.ts'

let rig: Rig
let [tenant, neighbour] = ['', '']
let key = ''
let events: LoggedEvent[] = []

const ask = (path: string) => fetch(`${rig.console_url}/v1/audit${path}`, { headers: { 'x-api-key': key } })
const completeness = async () => (await (await ask('/completeness')).json()) as Completeness

/** What the tenant finds out with its key and the verifier alone. */
const verify = async () => {
  const lines: string[] = []
  const apiKey = await readKeyFile(join(rig.database.dataDir, 'key.txt'))
  const code = await runVerify({ source: { url: rig.console_url, apiKey }, print: (line) => lines.push(line) })
  return { code, all: lines.join('\n') }
}

/** Does something with all that the database allows, and undoes it. */
const attack = async (what: string, undo: string): Promise<Awaited<ReturnType<typeof verify>>> => {
  await rig.asSuperuser(what)
  try {
    return await verify()
  } finally {
    await rig.asSuperuser(undo)
  }
}

beforeAll(async () => {
  rig = await startRig()
  const admin = await rig.visitorWith(['support_admin'])
  ;[tenant, neighbour] = await until(async () => {
    const rows = await rig.database.store.db.selectFrom('tenants').select('id').orderBy('id').execute()
    return rows.length > 1 ? (rows.map(({ id }) => id) as [string, string]) : undefined
  })
  const needs = { store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } } as const
  const created = await createKey(needs, { tenant_id: tenant, name: 'security team' })
  await createKey(needs, { tenant_id: neighbour, name: 'security team' })
  key = created.key
  writeFileSync(join(rig.database.dataDir, 'key.txt'), `${key}\n`)
  for (const id of [tenant, neighbour, tenant, neighbour, tenant]) expect((await admin.get(`/api/tenants/${id}`)).status).toBe(200)
  await until(async () => (await completeness()).count === 4)
  events = ((await (await ask('?order=asc')).json()) as EventPage).items
}, 60_000)
afterAll(() => rig?.close())

describe('M2 TI-1 X3 a tenant that is shown one event less finds out, with its key and the verifier alone', () => {
  it('verifies, and is told that it was shown all, where nothing is wrong', async () => {
    const { code, all } = await verify()
    expect(all).toContain('complete    4 events are all that the log has of the tenant')
    expect(code).toBe(0)
  })

  const place = () => events[2]?.log_index
  it.each<[string, () => string, () => string]>([
    [
      'by a row policy',
      () => `create policy blind on log_entries as restrictive for select to countersign_tenant using (log_index <> ${place()})`,
      () => 'drop policy blind on log_entries',
    ],
    [
      'by its tenant, taken out of what queries see',
      () => `update log_entries set tenant_id = null where log_index = ${place()}`,
      () => `update log_entries set tenant_id = '${tenant}' where log_index = ${place()}`,
    ],
    [
      'by another tenant in its place',
      () => `update log_entries set tenant_id = '${neighbour}' where log_index = ${place()}`,
      () => `update log_entries set tenant_id = '${tenant}' where log_index = ${place()}`,
    ],
    [
      'by a policy on the events',
      () => `create policy blind on events as restrictive for select to countersign_tenant using (strpos(body, '${events[2]?.id}') = 0)`,
      () => 'drop policy blind on events',
    ],
    [
      'by the instant from which on its id is its own',
      // A key of before that instant would be a former tenant's.
      () =>
        `update tenants set known_since = '${events[1]?.occurred_at}' where id = '${tenant}'; update api_keys set created_at = clock_timestamp()`,
      () => `update tenants set known_since = '-infinity' where id = '${tenant}'`,
    ],
  ])('%s', async (_how, what, undo) => {
    const { code, all } = await attack(what(), undo())
    expect(all).toContain('The log has 4 events of the tenant, and 3 were shown: 1 were kept back. (events_hidden)')
    expect(code).toBe(1)
  })

  it.each<[string, () => string, () => string]>([
    [
      'its count as well',
      () => `update log_tallies set count = 3 where tenant_id = '${tenant}'`,
      () => `update log_tallies set count = 4 where tenant_id = '${tenant}'`,
    ],
    [
      'all that is kept of it',
      () =>
        `create table kept as select * from log_tallies where tenant_id = '${tenant}'; delete from log_tallies where tenant_id = '${tenant}'`,
      () => 'insert into log_tallies select * from kept; drop table kept',
    ],
    [
      'all that is kept of it, for what is kept of another one',
      () =>
        `create table kept as select * from log_tallies; update log_tallies t set count = k.count, place = k.place, chain = k.chain from kept k where t.tenant_id = '${tenant}' and k.tenant_id = '${neighbour}'`,
      () =>
        `update log_tallies t set count = k.count, place = k.place, chain = k.chain from kept k where k.tenant_id = t.tenant_id; drop table kept`,
    ],
    [
      'a node of the map',
      () => `create table kept as select * from log_tally_nodes; update log_tally_nodes set hash = sha256(hash) where path <> ''`,
      () => 'update log_tally_nodes n set hash = k.hash from kept k where k.path = n.path; drop table kept',
    ],
  ])('and whoever changes %s proves nothing', async (_what, what, undo) => {
    const { code, all } = await attack(what(), undo())
    expect(all).toContain('events_hidden')
    expect(code).toBe(1)
  })

  it('TI-3 sees of its neighbours nothing but hashes, which nobody can guess', async () => {
    const given = await completeness()
    const text = JSON.stringify({ ...given, proof: undefined })
    for (const said of [neighbour, tenant, 'ten_']) expect(text.replace(given.entry, '')).not.toContain(said)
    expect(JSON.parse(given.entry).details).toEqual({ form: 1, root: expect.stringMatching(/^.{43}=$/), size: expect.any(Number) })
    // One hash a level, and as many levels as tell as few tenants apart.
    expect(given.siblings.length).toBeLessThan(10)
  })

  it('finds nothing wrong afterwards: the attacks were what it found', async () => {
    expect((await verify()).code).toBe(0)
  })
})
