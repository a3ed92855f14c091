import { Overview, TenantHealth } from '@countersign/contract/health.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordMinutes } from '../../server/src/health/record-minutes.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'
import { minuteNow, minuteOf } from './rig.ts'

let rig: Rig
let id: string
let visitor: Awaited<ReturnType<Rig['visitorWith']>>
beforeAll(async () => {
  rig = await startRig()
  id = await rig.knownTenant()
  visitor = await rig.visitorWith(['support_admin'])
})
afterAll(() => rig?.close())

const overview = async (query = '') => Overview.parse(await (await visitor.get(`/api/overview?limit=200${query}`)).json())
const rowOf = async () => (await overview()).items.find(({ tenant }) => tenant.id === id)

type Message = { event: string; data: { version: string } }

/** Server-sent events of a page that follows, as they come, until it is closed. */
const follow = async (lastEventId?: string): Promise<{ seen: Message[]; close(): void }> => {
  const answer = await visitor.get('/api/overview/stream', lastEventId === undefined ? {} : { 'last-event-id': lastEventId })
  expect(answer.status).toBe(200)
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  const seen: Message[] = []
  const read = async (): Promise<void> => {
    let text = ''
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const [, event] = /^event: ?(.+)$/m.exec(block) ?? []
        const [, data] = /^data: ?(.+)$/m.exec(block) ?? []
        if (event !== undefined && data !== undefined) seen.push({ event, data: JSON.parse(data) })
      }
    }
  }
  void read().catch(() => {})
  return { seen, close: () => void reader.cancel() }
}

describe('the doors of health', () => {
  it('X9 a signal is judged within 10 s, and whoever follows is told: badge, cards and order agree', async () => {
    const { seen, close } = await follow()
    await until(() => seen.some(({ event }) => event === 'ready'))
    const { store } = rig.database
    const now = await minuteNow(store)
    const began = performance.now()
    await recordMinutes(store, [minuteOf(now, id, 0, 100, 60)])
    await until(async () => (await rowOf())?.health.status === 'critical', 10)
    expect(performance.now() - began).toBeLessThan(10_000)
    await until(() => seen.some(({ event }) => event === 'changed'))
    close()
    const { items, cards } = await overview()
    expect(items[0]?.tenant.id).toBe(id)
    expect(items[0]?.health.causes[0]).toMatchObject({ rule: 'error_rate_critical', value: 60 })
    expect(cards.total).toBe(cards.healthy + cards.warning + cards.critical + cards.unknown)
    expect(items[0]?.hours.at(-1)).toBe(100)
  })

  it('X10 who comes back with the version seen last is told of what changed in between', async () => {
    const { seen, close } = await follow('1')
    await until(() => seen.some(({ event, data }) => event === 'changed' && Number(data.version) > 1))
    close()
    expect((await visitor.get('/api/overview/stream', { 'last-event-id': 'x' })).status).toBe(400)
  })

  it('a tenant has its series, and one that is not there is not found', async () => {
    const found = TenantHealth.parse(await (await visitor.get(`/api/tenants/${id}/health?window=7d`)).json())
    expect(found.series.points).toHaveLength(168)
    expect(found.history[0]).toMatchObject({ status: 'critical' })
    expect((await visitor.get('/api/tenants/nobody/health')).status).toBe(404)
    expect((await visitor.get(`/api/tenants/${id}/health?window=1y`)).status).toBe(400)
  })

  it('the CSV is exactly the filtered rows, in their order, and no name in it is a formula', async () => {
    await rig.asSuperuser(`update tenants set name = '=cmd|'' /C calc''!A0' where id = '${id}'`)
    const answer = await visitor.get('/api/overview.csv?health=critical')
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toContain('attachment')
    const lines = (await answer.text()).split('\r\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain(`"'=cmd|' /C calc'!A0"`)
    const all = await overview('&sort=name&order=desc')
    const names = (await (await visitor.get('/api/overview.csv?sort=name&order=desc')).text())
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.split('"')[1])
    expect(names.map((name) => name?.replace(/^'/, ''))).toEqual(all.items.map(({ tenant }) => tenant.id))
  })

  it.each(['/api/overview', '/api/overview.csv', '/api/overview/stream', '/api/tenants/x/health'])(
    'C1 %s needs a role of the console',
    async (path) => {
      const eve = await rig.visitorWith(['auditor'])
      expect((await eve.get(path)).status).toBe(403)
      expect((await fetch(`${rig.console_url}${path}`)).status).toBe(401)
    },
  )
})
