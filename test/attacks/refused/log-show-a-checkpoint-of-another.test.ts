import { generateKeyPairSync, sign } from 'node:crypto'
import { signCheckpoint } from '@countersign/log/checkpoint.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runExport } from '../../../server/src/cli/export.ts'
import { createKey } from '../../../server/src/identity/tenant-key/create.ts'
import { logKeyOf } from '../../../server/src/sequencer/log-key.ts'
import { asSuperuser } from '../../support/database.ts'
import { type Rig, startRig } from '../../support/rig.ts'
import { until } from '../../support/until.ts'

let rig: Rig
let origin: string
let size: number
let tenantKey: string
let auditor: Awaited<ReturnType<Rig['visitorWith']>>

const sql = <T extends object>(text: string, values: unknown[] = []) => asSuperuser<T>(rig.database.superuserUrl, text, values)

beforeAll(async () => {
  rig = await startRig()
  const tenant = await rig.knownTenant()
  const created = await createKey(
    { store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } },
    { tenant_id: tenant, name: 'checkpoints' },
  )
  tenantKey = created.key
  auditor = await rig.visitorWith(['auditor'])
  await until(async () => (await fetch(`${rig.console_url}/log/checkpoint`)).status === 200)
  const rows = await sql<{ origin: string }>('select origin from log_sequencer')
  origin = rows[0]?.origin as string
  await until(async () => {
    const sizes = await sql<{ size: string }>('select max(size) as size from log_checkpoints')
    size = Number(sizes[0]?.size)
    return size > 1
  })
})
afterAll(() => rig?.close())

const stranger = () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { verifier } = logKeyOf({ log: privateKey }, origin)
  return { name: origin, id: verifier.id, sign: (message: Uint8Array) => sign(null, message, privateKey) }
}
const ours = () => logKeyOf(rig.database.keys, origin).signer
const root = Buffer.alloc(32, 7)
const farAway = 9_000_000_000

const rows: [what: string, make: () => { size: number; note: string }][] = [
  ['nonsense', () => ({ size: farAway, note: 'nonsense' })],
  ['a note by another key', () => ({ size: farAway, note: signCheckpoint({ origin, size: farAway, root }, stranger()) })],
  [
    'a note whose size was changed',
    () => ({ size: farAway, note: signCheckpoint({ origin, size, root }, ours()).replace(`\n${size}\n`, `\n${farAway}\n`) }),
  ],
  ['a note of ours in the row of another size', () => ({ size: farAway, note: signCheckpoint({ origin, size: 1, root }, ours()) })],
  ['a note of another log of ours', () => ({ size: farAway, note: signCheckpoint({ origin: 'other/log', size: farAway, root }, ours()) })],
]

const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]

describe('AU-4 M2 putting a checkpoint into the database that the log did not sign', () => {
  it.each(rows)('%s: it is shown to nobody', async (_what, make) => {
    const row = make()
    await sql('insert into log_checkpoints (size, root, note) values ($1, $2, $3)', [row.size, root, row.note])
    try {
      const refused = [503, 'checkpoint_not_ours']
      expect(await codeOf(await fetch(`${rig.console_url}/log/checkpoint`))).toEqual(refused)
      expect(await codeOf(await auditor.get('/api/audit/head'))).toEqual(refused)
      expect(await codeOf(await fetch(`${rig.console_url}/v1/audit/head`, { headers: { 'x-api-key': tenantKey } }))).toEqual(refused)
      const { items } = (await (await auditor.get('/api/audit?limit=1')).json()) as { items: { id: string }[] }
      expect(await codeOf(await auditor.get(`/api/audit/${items[0]?.id}/proof`))).toEqual(refused)
      const { store, journal, keys, dataDir } = rig.database
      await expect(runExport({ store, journal, keys, out: `${dataDir}/exported` })).rejects.toMatchObject({ code: 'checkpoint_not_ours' })
      expect((await fetch(`${rig.console_url}/log/tile/0/000.p/1`)).headers.get('cache-control')).toBe('no-store')
    } finally {
      await sql('delete from log_checkpoints where size = $1', [row.size])
    }
    expect((await fetch(`${rig.console_url}/log/checkpoint`)).status).toBe(200)
  })

  it('/readyz says so, and nothing more is signed until it is gone', { timeout: 60_000 }, async () => {
    await sql('insert into log_checkpoints (size, root, note) values ($1, $2, $3)', [farAway, root, 'nonsense'])
    const readiness = async () => JSON.stringify(await (await fetch(`${rig.console_url}/readyz`)).json())
    await until(async () => (await readiness()).includes('The newest checkpoint in the database is not one of ours'))
    await sql('delete from log_checkpoints where size = $1', [farAway])
    await until(async () => (await fetch(`${rig.console_url}/readyz`)).status === 200)
  })
})
