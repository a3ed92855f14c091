import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { minuteAgo, type SignalRig, startSignalRig } from '../../health/signals-rig.ts'
import { openRaw } from '../../support/raw.ts'

let rig: SignalRig
beforeAll(async () => {
  rig = await startSignalRig()
})
afterAll(() => rig?.close())

const body = () => ({
  source: 'flood',
  minutes: Array.from({ length: 2_000 }, (_, n) => ({
    tenant_id: `ten_${n % 1_000}_x`,
    minute: minuteAgo(1 + Math.floor(n / 1_000)),
    calls: 9,
    errors: 1,
  })),
})

it('RS-2 bodies that never end are ended, and leave the door open for another key', async () => {
  const { port, host } = new URL(rig.console_url)
  const slow = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const connection = await openRaw(Number(port))
      connection.send(
        `POST /v1/signals HTTP/1.1\r\nHost: ${host}\r\nX-API-Key: ${rig.key}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`,
      )
      return connection
    }),
  )
  await pause(300)
  const { key } = await rig.ingestKey('another')
  const began = performance.now()
  const answer = await rig.post(
    '/v1/signals',
    { source: 'x', minutes: [{ tenant_id: rig.tenant, minute: minuteAgo(1), calls: 1, errors: 0 }] },
    { 'x-api-key': key },
  )
  expect(answer).toMatchObject({ status: 200, body: { accepted: 1 } })
  expect(performance.now() - began).toBeLessThan(5_000)
  await Promise.all(slow.map(({ closed }) => closed))
  for (const { end } of slow) end()
}, 120_000)

it('RS-5 C1 a flood of signals does not close the doors for staff: sessions are opened, listed and revoked meanwhile', async () => {
  const staff = await rig.visitorWith(['support_admin'])
  const packed = gzipSync(JSON.stringify(body()))
  const stop = new AbortController()
  const statuses = new Map<number, number>()
  const flood = Array.from({ length: 150 }, async () => {
    while (!stop.signal.aborted) {
      const { status } = await rig.post('/v1/signals', packed, { 'content-encoding': 'gzip' }).catch(() => ({ status: 0 }))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  })
  await pause(1_000)
  const times: number[] = []
  for (let round = 0; round < 10; round++) {
    const began = performance.now()
    const created = await staff.send('POST', '/api/sessions', { tenant_id: rig.tenant, reason: 'Working while signals flood' })
    expect(created.status).toBe(201)
    const { session } = (await created.json()) as { session: { id: string } }
    expect((await staff.get('/api/sessions')).status).toBe(200)
    expect((await staff.send('POST', `/api/sessions/${session.id}/revocation`, {})).status).toBe(200)
    times.push(performance.now() - began)
  }
  stop.abort()
  await Promise.all(flood)
  const worst = Math.max(...times)
  console.log(
    `three requests of staff took ${Math.round(times.toSorted((a, b) => a - b)[5] as number)} ms in the middle, ${Math.round(worst)} at most; signals: ${JSON.stringify([...statuses])}`,
  )
  expect(statuses.get(200)).toBeGreaterThan(0)
  expect(statuses.get(503)).toBeGreaterThan(0)
  expect([...statuses.keys()].every((status) => [200, 503].includes(status))).toBe(true)
  expect(worst).toBeLessThan(6_000)
  expect((await rig.state()).last_24h.refused.map(({ cause }) => cause)).toContain('overloaded')
}, 180_000)
