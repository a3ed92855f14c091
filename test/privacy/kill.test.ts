import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readErasures } from '../../server/src/audit/erasures.ts'
import { share } from '../support/long.ts'
import { until } from '../support/until.ts'
import { type EraseRig, eve, newEraseRig, opened } from './rig.ts'

const total = share(100_000)
const config = `
gateway:
  upstream: http://127.0.0.1:9
  upstream_audience: api
  routes: [{ method: GET, path: /v1/reports, scope: 'reports:read' }]
  presets: { read_only: ['reports:read'] }
directory:
  connector: { url: 'https://product.example/countersign', audience: production }
`

let rig: EraseRig
beforeAll(async () => {
  rig = await newEraseRig()
  writeFileSync(join(rig.dataDir, 'config.yaml'), config)
  for (let at = 0; at < total; at += 1_000)
    await rig.journal.recordAll(
      rig.store.db,
      Array.from({ length: 1_000 }, () => opened(eve.id, eve.email, eve.tenant)),
    )
  await rig.journal.record(rig.store.db, opened('usr_max', 'max@globex.example', eve.tenant))
  await until(
    () =>
      rig.caughtUp().then(
        () => true,
        () => false,
      ),
    300,
  )
}, 400_000)
afterAll(() => rig.close())

const erase = (): ChildProcess =>
  spawn(
    process.execPath,
    [
      fileURLToPath(new URL('../../server/src/main.ts', import.meta.url)),
      ...['--config', join(rig.dataDir, 'config.yaml'), 'erase', '--user', eve.id, '--why', 'The person asked for it', '--yes'],
    ],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        COUNTERSIGN_DATA_DIR: rig.dataDir,
        DATABASE_URL: rig.ownerUrl,
        DATABASE_APP_URL: rig.appUrl,
        DATABASE_ERASER_URL: rig.eraserUrl,
      },
    },
  )
const countValues = async (): Promise<number> => {
  const { rows } = await rig.store.pool.query(`select count(*)::int as count from disclosures where member in ('target.label', 'ticket')`)
  return rows[0].count
}
const countErased = async (): Promise<number> => {
  await rig.caughtUp()
  return (await readErasures(rig.store.db)).reduce((sum, { details }) => sum + (details?.count ?? 0), 0)
}

it('M3 an erasure that was killed goes on where it stood, and its events say what was done, no more and no less', async () => {
  const all = await countValues()
  expect(all).toBe(2 * total + 2)
  const killed = erase()
  const over = once(killed, 'exit')
  await expect.poll(countValues, { timeout: 120_000, interval: 10 }).toBeLessThan(all - total / 4)
  killed.kill('SIGKILL')
  await over
  // The transaction under way may end either way; its event ends with it.
  await expect
    .poll(async () => (await rig.store.pool.query(`select from pg_stat_activity where application_name = 'countersign-eraser'`)).rowCount)
    .toBe(0)
  const left = await countValues()
  expect(left).toBeGreaterThan(2)
  expect(await countErased()).toBe(all - left)
  expect((await rig.verify()).code).toBe(0)

  const [code] = await once(erase(), 'exit')
  expect(code).toBe(0)
  expect(await countValues()).toBe(2)
  expect(await countErased()).toBe(all - 2)
  const { code: verified, all: said } = await rig.verify()
  expect(verified).toBe(0)
  expect(said).toContain(`${all - 2} erased`)
  expect(said).not.toContain('missing')
}, 600_000)
