import type { Overview } from '@countersign/contract/health.ts'
import type { SignalsState } from '@countersign/contract/signals.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { kindOf } from '../../examples/acme/src/signals/made-up.ts'
import { signIn, type Visitor } from '../support/browser.ts'
import { fillFolder, newFolder } from '../support/embedded.ts'
import { type Program, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'

/*
 * `npm start`, with the example product: it sends by the OpenTelemetry SDK and by JSON, with a key that nobody had to make.
 */

const dataDir = newFolder({ onDisk: false })
let program: Program
let visitor: Visitor

beforeAll(async () => {
  await fillFolder(dataDir.path)
  program = await startProgram(dataDir.path, { ACME_MADE_UP: '1' })
  visitor = await signIn(program.console, 'rob')
})
afterAll(async () => {
  await program?.stop()
  dataDir.remove()
})

const read = async <T>(path: string): Promise<T> => (await (await visitor.get(path)).json()) as T
const overview = (query = '') => read<Overview>(`/api/overview?${query}`)
const rowOf = async (name: string) => (await overview(`query=${name}`)).items[0]
const flip = async (tenantId: string, to: object) => {
  const answer = await fetch(`${program.example}/dev/switches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant_id: tenantId, ...to }),
  })
  expect(answer.status).toBe(204)
}
/** Seconds until it is so. */
const seconds = async (isSo: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await until(isSo, 60)
  return (performance.now() - began) / 1_000
}

it('C3 C8 the first page is alive: tenants of every health, from the example’s own signals', async () => {
  const cards = await until(async () => {
    const { cards } = await overview()
    return cards.healthy > 0 && cards.warning > 0 && cards.critical > 0 && cards.unknown < 40 ? cards : undefined
  }, 60)
  expect(cards.total).toBe(cards.healthy + cards.warning + cards.critical + cards.unknown)
  const umbrella = await rowOf('Umbrella')
  expect([umbrella?.health.status, umbrella?.health.causes[0]?.rule]).toEqual(['warning', 'error_rate_warning'])
  const sources = await until(async () => {
    const { sources } = await read<SignalsState>('/api/signals/state')
    return sources.length === 2 ? sources : undefined
  }, 60)
  expect(sources.map(({ way, key }) => [way, key?.name]).sort()).toEqual([
    ['json', 'Acme, the example product'],
    ['otlp', 'Acme, the example product'],
  ])
}, 120_000)

it('a page of another site switches nothing', async () => {
  const answer = await fetch(`${program.example}/dev/switches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
    body: JSON.stringify({ tenant_id: 'ten_globex', stopped: true }),
  })
  expect(answer.status).toBe(403)
  expect(await (await fetch(`${program.example}/dev`)).text()).toContain('Stop<span class="unseen"> traffic of Globex')
})

it('C14 C18 stopping a tenant’s traffic, or raising its errors, changes its health within 15 seconds, and back', async () => {
  const { items } = await overview('status=active&limit=200')
  // Of those whose people are all made up.
  const id = items.map(({ tenant }) => tenant.id).find((one) => kindOf(one) === 'busy' && !/globex|initech|stark|wayne/.test(one)) as string
  const health = async () => (await overview(`query=${id}`)).items[0]?.health
  await until(async () => (await health())?.status === 'healthy', 60)
  await flip(id, { stopped: true })
  expect(await seconds(async () => (await health())?.causes[0]?.rule === 'no_recent_activity')).toBeLessThan(15)
  expect((await health())?.status).toBe('critical')
  await flip(id, { stopped: false })
  expect(await seconds(async () => (await health())?.status === 'healthy')).toBeLessThan(15)
  await flip(id, { failing: true })
  expect(await seconds(async () => (await health())?.causes[0]?.rule === 'error_rate_critical')).toBeLessThan(15)
  await flip(id, { failing: false })
  expect(await seconds(async () => (await health())?.status === 'healthy')).toBeLessThan(15)
}, 120_000)
