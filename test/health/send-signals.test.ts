import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { minuteAgo, type SignalRig, startSignalRig } from './signals-rig.ts'

let rig: SignalRig
beforeAll(async () => {
  rig = await startSignalRig()
})
afterAll(() => rig?.close())

const send = (body: object, headers?: Record<string, string>) => rig.post('/v1/signals', body, headers)

describe('DL-6 C8 signals by JSON', () => {
  it('C13 a minute that is sent again replaces itself, and sources add up', async () => {
    const minute = { tenant_id: rig.tenant, minute: minuteAgo(3), calls: 120, errors: 2 }
    expect(await send({ source: 'web-1', minutes: [minute] })).toEqual({
      status: 200,
      body: { accepted: 1, left_out: 0, unknown: 0, unknown_tenants: [] },
    })
    await send({ source: 'web-1', minutes: [minute] })
    await send({ source: 'web-2', minutes: [{ ...minute, calls: 30, errors: 30 }] })
    expect(await rig.total()).toEqual({ calls: 150, errors: 32 })
    await send({ source: 'web-1', minutes: [{ ...minute, calls: 100, errors: 0 }] })
    expect(await rig.total()).toEqual({ calls: 130, errors: 30 })
  })

  it('takes gzip, routes and latencies', async () => {
    const body = {
      source: 'web-3',
      minutes: [
        {
          ...{ tenant_id: rig.tenant, minute: minuteAgo(2), calls: 10, errors: 1 },
          routes: [{ method: 'POST', route: '/v1/exports', status: 503, calls: 1, errors: 1 }],
          latency: [
            { upper_ms: 100, calls: 9 },
            { upper_ms: null, calls: 1 },
          ],
        },
      ],
    }
    const answer = await rig.post('/v1/signals', gzipSync(JSON.stringify(body)), { 'content-encoding': 'gzip' })
    expect(answer).toMatchObject({ status: 200, body: { accepted: 1 } })
    const [row] = (await rig.asSuperuser(`select routes, latency from health_minutes where routes is not null`)) as object[]
    expect(row).toMatchObject({
      routes: [['POST', '/v1/exports', 503, 1, 1]],
      latency: [
        [0, 100, 9],
        [100, null, 1],
      ],
    })
  })

  it('takes whole hours of the last nine days, as a new source knows them', async () => {
    const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 72 * 3_600_000).toISOString()
    expect(await send({ source: 'history', hours: [{ tenant_id: rig.tenant, hour, calls: 4_000, errors: 4 }] })).toMatchObject({
      status: 200,
      body: { accepted: 1, left_out: 0 },
    })
    expect(await rig.asSuperuser(`select calls, errors from health_hours where hour = '${hour}'`)).toEqual([{ calls: '4000', errors: '4' }])
  })

  it('keeps what is of a tenant that the directory does not know, and gives it to the tenant that appears', async () => {
    const minute = { tenant_id: 'ten_new', minute: minuteAgo(1), calls: 7, errors: 1 }
    expect(await send({ source: 'web-1', minutes: [minute] })).toMatchObject({
      status: 200,
      body: { accepted: 0, unknown: 1, unknown_tenants: ['ten_new'] },
    })
    expect((await rig.state()).unknown_tenants).toMatchObject([{ tenant_id: 'ten_new', minutes: 1 }])
    await rig.database.store.db
      .insertInto('tenants')
      .values({ id: 'ten_new', name: 'New', status: 'active', created_at: new Date(), updated_at: new Date() })
      .execute()
    expect(await until(async () => ((await rig.total('ten_new')).calls > 0 ? rig.total('ten_new') : undefined))).toEqual({
      calls: 7,
      errors: 1,
    })
    expect((await rig.state()).unknown_tenants).toEqual([])
  })

  it('says which sources there are, when they were heard, and how much was taken', async () => {
    const { sources, source_count, last_24h, prometheus } = await rig.state()
    expect(sources.map(({ name, way, key }) => [name, way, key?.name])).toContainEqual(['web-1', 'json', 'collector'])
    expect(source_count).toBe(sources.length)
    expect(Date.now() - Date.parse(sources[0]?.heard_at as string)).toBeLessThan(60_000)
    expect(last_24h.accepted).toBeGreaterThan(5)
    expect(last_24h.unknown).toBe(1)
    expect(prometheus).toBeNull()
  })

  it('the log says when an ingest key was created and first used, once, and nothing else of signals', async () => {
    const { id, key } = await rig.ingestKey('second')
    for (let n = 0; n < 3; n++)
      await send({ source: 'x', minutes: [{ tenant_id: rig.tenant, minute: minuteAgo(5), calls: 1, errors: 0 }] }, { 'x-api-key': key })
    await send({ source: 'x', minutes: [] }, { 'x-api-key': 'ci_live_wrong' })
    const bodies = (await rig.asSuperuser(
      `select body from events where body like '%"signals%' or body like '%INGEST_KEY%' or body like '%${id}%'`,
    )) as {
      body: string
    }[]
    const events = bodies.map(({ body }) => JSON.parse(body)).filter(({ target }) => target.id === id)
    expect(events.map(({ action, actor }) => [action, actor.kind])).toEqual([
      ['INGEST_KEY.CREATED', 'operator'],
      ['INGEST_KEY.FIRST_USED', 'ingest'],
    ])
    expect(events[1]).toMatchObject({ request: { method: 'POST' }, target: { kind: 'key', id } })
    expect(await rig.asSuperuser(`select from events where body like '%AUTH.DENIED%'`)).toEqual([])
  })
})
