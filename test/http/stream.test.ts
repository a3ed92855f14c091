import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Visitor } from '../support/browser.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let rob: Visitor & { staff_id: string }
beforeAll(async () => {
  rig = await startRig()
  rob = await rig.visitorWith(['support_admin'])
})
afterAll(() => rig?.close())

type Message = { id?: string; event?: string; data: { log_index: number; note?: string } }

/** Reads server-sent events until `enough` says so, then hangs up. */
const readStream = async (
  path: string,
  headers: Record<string, string>,
  enough: (messages: Message[]) => boolean,
  onReady = () => {},
): Promise<Message[]> => {
  const response = await rob.get(path, headers)
  expect(response.status).toBe(200)
  const messages: Message[] = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
      )
      text = text.slice(end + 2)
      if (fields.event === 'ready') onReady()
      if (fields.event === 'event') messages.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data as string) })
    }
    if (enough(messages)) return messages
  }
  return messages
}

const note = (text: string) =>
  rig.database.journal.record(rig.database.store.db, {
    action: 'TENANT.OPENED',
    result: 'ok',
    actor: { kind: 'system', id: 'test' },
    target: { kind: 'tenant', id: 'ten_stream' },
    note: text,
    tenant_id: 'ten_stream',
  })

it('X10 A28 loses and doubles nothing while the connection breaks again and again', async () => {
  const total = 300
  const seen: Message[] = []
  let writing: Promise<void> | undefined
  const write = () => {
    writing ??= (async () => {
      for (let n = 0; n < total; n++) await note(`event ${n}`)
    })()
  }
  for (let round = 0; seen.length < total; round++) {
    const last = seen.at(-1)?.id
    const wanted = Math.min(1 + ((round * 37) % 60), total - seen.length)
    const got = await readStream(
      '/api/audit/stream?tenant_id=ten_stream&actor_id=test',
      last === undefined ? {} : { 'last-event-id': last },
      (messages) => messages.length >= wanted,
      write,
    )
    // Hanging up loses what came after the last one that was kept.
    seen.push(...got.slice(0, wanted))
  }
  await writing
  expect(seen.map(({ data }) => data.note)).toEqual(Array.from({ length: total }, (_, n) => `event ${n}`))
  expect(seen.map(({ id, data }) => Number(id) - data.log_index)).toEqual(Array(total).fill(0))
})

it('RS-3 A29 shows only what the filters ask for, and starts where it is told', async () => {
  await note('first')
  const got = await readStream('/api/audit/stream?tenant_id=ten_stream&after=0', {}, (messages) =>
    messages.some(({ data }) => data.note === 'first'),
  )
  expect(got.every(({ data }) => (data as { tenant_id?: string }).tenant_id === 'ten_stream')).toBe(true)
})

it('P10 ends when the person may no longer read it', async () => {
  const eve = await rig.visitorWith(['auditor'])
  const response = await eve.get('/api/audit/stream')
  const reading = (async () => {
    for await (const _ of response.body as unknown as AsyncIterable<Uint8Array>) {
      /* until it ends */
    }
    return 'ended'
  })()
  await rig.database.store.db.updateTable('staff').set({ disabled_at: new Date() }).where('id', '=', eve.staff_id).execute()
  expect(await reading).toBe('ended')
})

it('gives one person twenty streams, and another their own', async () => {
  const val = await rig.visitorWith(['auditor'])
  const opened = await Promise.all(Array.from({ length: 20 }, () => val.get('/api/audit/stream')))
  expect(opened.map(({ status }) => status)).toEqual(Array(20).fill(200))
  const refused = await val.get('/api/audit/stream')
  expect([refused.status, refused.headers.get('retry-after'), ((await refused.json()) as { code: string }).code]).toEqual([
    429,
    '1',
    'too_many_requests',
  ])
  const other = await rob.get('/api/audit/stream')
  expect(other.status).toBe(200)
  await other.body?.cancel()
  for (const { body } of opened) await body?.cancel()
  await expect
    .poll(async () => {
      const again = await val.get('/api/audit/stream')
      await again.body?.cancel()
      return again.status
    })
    .toBe(200)
})

it('P10 cuts a stream whose reader has stopped reading, when the person may no longer read it', async () => {
  const eve = await rig.visitorWith(['auditor'])
  const { port } = new URL(rig.console_url)
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  const cookie = [...eve.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  socket.write(`GET /api/audit/stream?after=0&actor_id=stalled HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookie}\r\n\r\n`)
  await once(socket, 'readable')
  socket.pause()
  const big = 'x'.repeat(100_000)
  for (let n = 0; n < 150; n++) {
    await rig.database.journal.record(rig.database.store.db, {
      action: 'TENANT.OPENED',
      result: 'ok',
      actor: { kind: 'system', id: 'stalled' },
      target: { kind: 'tenant', id: 'ten_stream' },
      note: big,
    })
  }
  const connections = () => new Promise<number>((resolve, reject) => rig.door.server.getConnections((e, n) => (e ? reject(e) : resolve(n))))
  await expect
    .poll(() => {
      rig.door.server.closeIdleConnections()
      return connections()
    })
    .toBe(1)
  await rig.database.store.db.updateTable('staff').set({ disabled_at: new Date() }).where('id', '=', eve.staff_id).execute()
  await expect.poll(connections, { timeout: 15_000 }).toBe(0)
  socket.destroy()
})
