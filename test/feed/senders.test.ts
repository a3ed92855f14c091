import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { numbers } from '../audit/rig.ts'
import { newSelfSigned } from '../support/certificate.ts'
import { onlyLong } from '../support/long.ts'
import { type Received, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { firsts, newRig, type Rig } from './rig.ts'

let rig: Rig
let receiver: Receiver
beforeEach(async () => {
  rig = await newRig()
  receiver = await startReceiver({ tls: true })
  writeFileSync(join(rig.dataDir, 'ca.pem'), receiver.cert)
})
afterEach(async () => {
  await rig.close()
  await receiver.close()
})

const declare = (given: object) => rig.declare('to', { ca_file: 'ca.pem', ...given })
const retrying = () => until(async () => ((await rig.state('to'))?.state === 'retrying' ? await rig.state('to') : undefined))

describe('DL-5 webhooks', () => {
  const secret = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`
  const verify = (key: string, { body, headers }: Received) => new Webhook(key).verify(body, headers)

  it('the reference library verifies each message, by the old secret and by the new one', async () => {
    await rig.fill(3)
    declare({ type: 'webhook', url: `${receiver.url}/hook`, secrets: [{ env: 'NEW' }, { env: 'OLD' }] })
    rig.deliver('to', { environment: { NEW: secret('n'), OLD: secret('o') } })
    await rig.upToDate('to')
    expect(receiver.received).toHaveLength(3)
    for (const [at, one] of receiver.received.entries()) {
      const type = at < 2 ? 'countersign.tenant.users.listed' : 'countersign.log.tallied'
      for (const letter of ['n', 'o']) expect(verify(secret(letter), one)).toMatchObject({ type, data: { log_index: at } })
      expect(() => verify(secret('x'), one)).toThrow('No matching signature found')
      expect(one.headers['webhook-id']).toBe((JSON.parse(one.body) as { data: { id: string } }).data.id)
    }
  })

  it.each(['', 'whsec_', 'whsec_short', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `whsec_${'A'.repeat(200)}`])(
    'a secret %j is refused at the start',
    async (text) => {
      declare({ type: 'webhook', url: `${receiver.url}/hook`, secrets: [{ env: 'SECRET' }] })
      expect(() => rig.deliver('to', { environment: { SECRET: text } })).toThrow(/whsec_|is not set/)
    },
  )
})

describe('Splunk HEC', () => {
  const declareSplunk = (more = {}) =>
    declare({ type: 'splunk_hec', url: receiver.url, token: { env: 'TOKEN' }, acks: true, ack_seconds: 2, index: 'security', ...more })
  const deliver = () => rig.deliver('to', { environment: { TOKEN: 'abc' } })
  const eventsIn = (one: Received) =>
    one.body.split('\n').map((line) => JSON.parse(line) as { fields: { log_index: number }; index: string; time: number })
  const posted = () => receiver.received.filter(({ path }) => path === '/services/collector/event')

  it('an event counts as taken when its acknowledgement says that it is indexed', async () => {
    await rig.fill(3)
    declareSplunk()
    let asked = 0
    receiver.behave(({ path }) =>
      path.includes('/ack') ? { body: { acks: { 7: ++asked > 2 } } } : { body: { text: 'Success', code: 0, ackId: 7 } },
    )
    deliver()
    await rig.upToDate('to')
    expect(asked).toBe(3)
    expect(posted()).toHaveLength(1)
    const [one] = posted() as [Received]
    expect(one.headers).toMatchObject({ authorization: 'Splunk abc', 'x-splunk-request-channel': expect.stringMatching(/^[0-9a-f-]{36}$/) })
    expect(eventsIn(one).map(({ fields, index }) => [fields.log_index, index])).toEqual(numbers(3).map((n) => [n, 'security']))
  })

  it('acknowledgements that are lost bring the same events again', async () => {
    await rig.fill(2)
    declareSplunk()
    receiver.behave(({ path }) =>
      path.includes('/ack') ? { body: { acks: { 1: posted().length > 1 } } } : { body: { code: 0, ackId: 1 } },
    )
    deliver()
    await rig.upToDate('to', 30)
    expect(posted()).toHaveLength(2)
    expect(eventsIn(posted()[0] as Received)).toEqual(eventsIn(posted()[1] as Received))
  })

  it('a busy collector is waited for, one without acknowledgements is named', async () => {
    await rig.fill(1)
    declareSplunk()
    receiver.behave((_, at) =>
      at === 0 ? { status: 503, body: { text: 'Server is busy', code: 9 } } : { body: { text: 'Success', code: 0 } },
    )
    deliver()
    await until(async () => (await rig.state('to'))?.error?.sentence.startsWith('it acknowledges nothing'))
    expect((await rig.state('to'))?.next_index).toBe(0)
  })

  it('an event that it says is invalid is parked alone', async () => {
    await rig.fill(20)
    declareSplunk({ acks: false })
    receiver.behave((one) =>
      eventsIn(one).some(({ fields }) => fields.log_index === 5)
        ? { status: 400, body: { text: 'Invalid data format', code: 6, 'invalid-event-number': 5 } }
        : undefined,
    )
    deliver()
    await rig.upToDate('to')
    expect(await rig.state('to')).toMatchObject({ delivered: 19, parked: [{ log_index: 5 }] })
  })
})

describe('Elasticsearch', () => {
  const declareElastic = () => declare({ type: 'elasticsearch', url: `${receiver.url}/base`, index: 'logs-a', api_key: { env: 'KEY' } })
  const idsIn = ({ body }: Received): string[] => {
    const lines = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { create?: { _id: string } })
    return lines.flatMap(({ create }) => (create ? [create._id] : []))
  }
  const bulk = (statuses: number[]) => ({
    body: {
      took: 1,
      errors: statuses.some((status) => status >= 300),
      items: statuses.map((status) => ({ create: { status, ...(status >= 300 ? { error: { type: 'some' } } : {}) } })),
    },
  })

  it('documents are created by the id of their event, so that what comes twice is there once', async () => {
    await rig.fill(4)
    declareElastic()
    receiver.behave((one, at) => (at === 0 ? bulk([201, 201, 429, 201]) : bulk(idsIn(one).map((_, n) => (n === 2 ? 201 : 409)))))
    rig.deliver('to', { environment: { KEY: 'k' } })
    await rig.upToDate('to')
    expect(receiver.received.map(({ path }) => path)).toEqual(['/base/logs-a/_bulk', '/base/logs-a/_bulk'])
    expect(receiver.received[0]?.headers.authorization).toBe('ApiKey k')
    expect(idsIn(receiver.received[0] as Received)).toEqual(idsIn(receiver.received[1] as Received))
    expect(await rig.state('to')).toMatchObject({ delivered: 4, parked_count: 0 })
  })

  it('one document that it refuses among others is parked, by its own status', async () => {
    await rig.fill(3)
    declareElastic()
    receiver.behave((one) => bulk(idsIn(one).map((_, n) => (n === 1 ? 400 : 201))))
    rig.deliver('to', { environment: { KEY: 'k' } })
    await rig.upToDate('to')
    expect(await rig.state('to')).toMatchObject({ delivered: 2, parked: [{ log_index: 1, why: 'it answered 400 for a document' }] })
  })

  it.each(['', '{}', '{"errors":false,"items":[]}', '<html>'])('an answer 200 %j is no receipt', async (body) => {
    await rig.fill(1)
    declareElastic()
    receiver.behave(() => ({ body }))
    rig.deliver('to', { environment: { KEY: 'k' } })
    expect((await retrying())?.error?.sentence).toBe('its answer is not that of _bulk')
  })
})

it('Datadog gets arrays at its intake, with its key', async () => {
  await rig.fill(2)
  declare({ type: 'datadog', url: receiver.url, api_key: { env: 'KEY' } })
  receiver.behave(() => ({ status: 202 }))
  rig.deliver('to', { environment: { KEY: 'k' } })
  await rig.upToDate('to')
  const [one] = receiver.received as [Received]
  expect(one).toMatchObject({ path: '/api/v2/logs 202', headers: { 'dd-api-key': 'k' } })
  expect(JSON.parse(one.body)).toMatchObject([
    { ddsource: 'countersign', countersign: { log_index: 0 } },
    { countersign: { log_index: 1 } },
  ])
})

describe('TLS', () => {
  it('a certificate that has run out is not accepted, whoever vouches for it', async () => {
    const expired = await startReceiver({ tls: true, until: '20260201000000Z' })
    writeFileSync(join(rig.dataDir, 'ca.pem'), expired.cert)
    await rig.fill(1)
    declare({ type: 'ndjson', url: expired.url })
    rig.deliver('to')
    expect((await retrying())?.error?.sentence).toBe('its TLS certificate is not accepted (CERT_HAS_EXPIRED)')
    expect(expired.received).toEqual([])
    await expired.close()
  })

  it('a certificate that nobody vouches for is not accepted', async () => {
    await rig.fill(1)
    rig.declare('to', { type: 'ndjson', url: receiver.url })
    rig.deliver('to')
    expect((await retrying())?.error?.sentence).toMatch(/^its TLS certificate is not accepted/)
    expect(receiver.received).toEqual([])
  })
})

/** Reads frames counted in octets until the other side ends, and closes then, as syslog daemons do. */
const startSyslog = async () => {
  const { key, cert } = newSelfSigned('localhost')
  const messages: string[] = []
  let breakAfter = Number.POSITIVE_INFINITY
  const server = createTlsServer({ key, cert }, (socket) => {
    let bytes = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (part) => {
      bytes = Buffer.concat([bytes, part])
      for (;;) {
        const space = bytes.indexOf(' ')
        const length = Number(bytes.subarray(0, space))
        if (space < 1 || bytes.length < space + 1 + length) return
        messages.push(bytes.subarray(space + 1, space + 1 + length).toString())
        bytes = bytes.subarray(space + 1 + length)
        if (messages.length >= breakAfter) {
          breakAfter = Number.POSITIVE_INFINITY
          socket.destroy()
          return
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cert,
    messages,
    breakAfter: (count: number) => {
      breakAfter = count
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

describe('a receiver that answers one byte a second', () => {
  it('is given up after the time limit, and the events come again', async (context) => {
    onlyLong(context, 'it takes the 30 s of the time limit')
    const drips = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-length': '1000' })
        const timer = setInterval(() => response.write('.'), 1_000)
        response.on('close', () => clearInterval(timer))
      })
    })
    await new Promise<void>((resolve) => drips.listen(0, '127.0.0.1', resolve))
    const { port } = drips.address() as AddressInfo
    await rig.fill(1)
    rig.declare('to', { type: 'ndjson', url: `http://127.0.0.1:${port}/` })
    rig.deliver('to')
    await until(async () => (await rig.state('to'))?.error?.sentence.startsWith('it did not answer in time'), 60)
    expect((await rig.state('to'))?.next_index).toBe(0)
    drips.closeAllConnections()
    drips.close()
  })
})

describe('syslog over TLS', () => {
  it('takes every event in a frame of its own; a connection that breaks brings the batch again', async () => {
    const syslog = await startSyslog()
    writeFileSync(join(rig.dataDir, 'ca.pem'), syslog.cert)
    await rig.fill(600)
    syslog.breakAfter(100)
    declare({ type: 'syslog', host: 'localhost', port: syslog.port, format: 'ocsf' })
    rig.deliver('to')
    await rig.upToDate('to')
    const indexes = syslog.messages.map((message) => Number(/ index="(\d+)"/.exec(message)?.[1]))
    expect(indexes.length).toBeGreaterThanOrEqual(700)
    expect(firsts(indexes)).toEqual(numbers(600))
    await syslog.close()
  })

  it('plain TCP leads to no public address', async () => {
    await rig.fill(1)
    rig.declare('to', { type: 'syslog', host: '192.0.2.1', port: 6514, transport: 'tcp', allow_addresses: [] })
    rig.deliver('to')
    expect((await retrying())?.error?.sentence).toBe('its address is none that may be called (documentation)')
    rig.declare('public', { type: 'syslog', host: '1.1.1.1', port: 6514, transport: 'tcp' })
    rig.deliver('public')
    await until(
      async () =>
        (await rig.state('public'))?.error?.sentence === 'its address is none that may be called (plain text to a public address)',
    )
  })
})

describe('a file', () => {
  const read = (name = 'events.ndjson') => readFileSync(join(rig.dataDir, 'out', name), 'utf8')
  const linesOf = (text: string) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { log_index: number }).log_index)

  it('rotates at its size, keeps so many, and loses nothing between them', async () => {
    rig.declare('to', { type: 'file', path: 'out/events.ndjson', max_bytes: 10_000, keep: 3 })
    rig.deliver('to')
    for (let part = 0; part < 6; part++) {
      await rig.fill(40, part * 40)
      await until(async () => (await rig.state('to'))?.next_index === (part + 1) * 40)
    }
    const names = readdirSync(join(rig.dataDir, 'out')).sort()
    expect(names).toHaveLength(4)
    const all = [...names.slice(1), 'events.ndjson'].flatMap((name) => linesOf(read(name)))
    expect(all).toEqual(numbers(all.length, 240 - all.length))
  })

  it('a line that a crash cut off is taken away and comes again whole', async () => {
    rig.declare('to', { type: 'file', path: 'out/events.ndjson' })
    const first = rig.deliver('to')
    await rig.fill(2)
    await rig.upToDate('to')
    await first.stop()
    writeFileSync(join(rig.dataDir, 'out', 'events.ndjson'), `${read()}{"log_index":2,"cut":"of`)
    await rig.fill(2, 2)
    rig.deliver('to')
    await rig.upToDate('to')
    expect(linesOf(read())).toEqual(numbers(4))
  })
})
