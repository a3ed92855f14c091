import { afterAll, beforeAll, expect, it } from 'vitest'
import { createKey } from '../../server/src/identity/tenant-key/create.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let tenants: string[]
let made: { id: string; key: string }
beforeAll(async () => {
  rig = await startRig()
  tenants = [await rig.knownTenant(), 'ten_other']
  const { store, journal } = rig.database
  made = await createKey({ store, journal, principal: { kind: 'operator', id: 'test' } }, { tenant_id: tenants[0] as string, name: 'SIEM' })
})
afterAll(() => rig?.close())

const ask = (query = '', headers: Record<string, string> = {}) =>
  fetch(`${rig.console_url}/v1/audit${query}`, { headers: { 'x-api-key': made.key, ...headers } })
const follow = (query = '', headers: Record<string, string> = {}) => ask(query, { accept: 'text/event-stream', ...headers })

type Message = { id: number; note?: string; tenant: string }

/** Reads a stream until it has so many events, then hangs up. */
const take = async (response: Response, count: number): Promise<Message[]> => {
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const messages: Message[] = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const message of whole) {
      const fields = new Map(message.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]))
      if (fields.get('event') !== 'event') continue
      const { note, tenant_id, log_index } = JSON.parse(fields.get('data') as string)
      expect(fields.get('id')).toBe(String(log_index))
      messages.push({ id: log_index, note, tenant: tenant_id })
      if (messages.length === count) return messages
    }
  }
  return messages
}

const note = (tenant_id: string | undefined, text: string) =>
  rig.database.journal.record(rig.database.store.db, {
    action: 'TENANT.OPENED',
    result: 'ok',
    actor: { kind: 'system', id: 'test' },
    target: { kind: 'tenant', id: tenant_id ?? 'none' },
    note: text,
    tenant_id,
  })

it('X10 RS-3 S12 streams to a key what its tenant sees, and loses or doubles nothing when it is taken up again', async () => {
  const [own, other] = tenants as [string, string]
  const total = 60
  const stream = await follow('?action=TENANT.OPENED')
  const writing = (async () => {
    for (let n = 0; n < total; n++) {
      await note(own, `own ${n}`)
      await note(n % 2 === 0 ? other : undefined, 'not yours')
    }
  })()
  const seen = await take(stream, 7)
  for (let round = 0; seen.length < total; round++) {
    const resumed = await follow('?action=TENANT.OPENED', { 'last-event-id': String(seen.at(-1)?.id) })
    seen.push(...(await take(resumed, Math.min(5 + ((round * 11) % 17), total - seen.length))))
  }
  await writing
  expect(seen.map(({ note }) => note)).toEqual(Array.from({ length: total }, (_, n) => `own ${n}`))
  expect(new Set(seen.map(({ tenant }) => tenant))).toEqual(new Set([own]))
})

it('X10 gives the same to whoever polls in the order of the log', async () => {
  const seen: number[] = []
  for (let after = -1; ; after = seen.at(-1) ?? -1) {
    const query = `?action=TENANT.OPENED&order=asc&limit=25${after < 0 ? '' : `&after=${after}`}`
    const { items } = (await (await ask(query)).json()) as { items: { log_index: number }[] }
    if (items.length === 0) break
    seen.push(...items.map(({ log_index }) => log_index))
  }
  const all = (await (await ask('?action=TENANT.OPENED&limit=200')).json()) as { items: { log_index: number }[] }
  expect(seen).toEqual(all.items.map(({ log_index }) => log_index).reverse())
})

it.each(['-1', 'x', '1e3', '9'.repeat(16), ''])('RS-3 refuses the Last-Event-ID %j', async (id) => {
  const refused = await follow('', { 'last-event-id': id })
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([400, 'invalid_request'])
})

it('RS-3 begins now where the Last-Event-ID is ahead of the log', async () => {
  const stream = await follow('?action=TENANT.OPENED', { 'last-event-id': '999999999999999' })
  await note(tenants[0], 'after all')
  expect((await take(stream, 1)).map(({ note }) => note)).toEqual(['after all'])
})

it('RS-3 gives a tenant twenty streams, which take no turn from its pages', async () => {
  const opened = await Promise.all(Array.from({ length: 20 }, () => follow()))
  expect(opened.map(({ status }) => status)).toEqual(Array(20).fill(200))
  const refused = await follow()
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([429, 'too_many_requests'])
  expect((await ask('?limit=1')).status).toBe(200)
  for (const { body } of opened) await body?.cancel()
})

it('X3 counts what a tenant sees, exactly where it is few', async () => {
  const counted = (await (await ask('/count?action=TENANT.OPENED')).json()) as { count: number; is_exact: boolean }
  expect(counted).toMatchObject({ count: 61, is_exact: true })
})

it('TI-7 ends a stream whose key was revoked', async () => {
  const stream = await follow()
  await rig.database.store.db.insertInto('api_key_revocations').values({ key_id: made.id, revoked_by: 'test' }).execute()
  expect(await take(stream, 1_000)).toEqual(expect.any(Array))
  expect((await follow()).status).toBe(401)
})
