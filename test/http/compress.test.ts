import { readdirSync, readFileSync } from 'node:fs'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newTenant } from '../support/directory.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'

let rig: Rig
let staff: Awaited<ReturnType<Rig['visitorWith']>>
let cookie: string
beforeAll(async () => {
  rig = await startRig({ world: { tenants: Array.from({ length: 60 }, (_, n) => newTenant(n)), people: [] } })
  staff = await rig.visitorWith(['support_admin'])
  cookie = [...staff.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const tenant_id = await rig.knownTenant()
  for (let n = 0; n < 6; n++) await staff.send('POST', '/api/sessions', { tenant_id, reason: `looking at report number ${n}` })
  // What is in the list is in the tree.
  await until(async () => (await (await staff.get('/api/audit')).text()).length > 4_096)
})
afterAll(() => rig?.close())

type Sent = { method?: string; body?: string; headers?: Record<string, string> }

/** As it comes over the wire: `fetch` would unpack it. */
const open = (path: string, accepted: string, { method = 'GET', body, headers: more }: Sent = {}): Promise<IncomingMessage> => {
  const headers = {
    cookie,
    'accept-encoding': accepted,
    origin: rig.console_url,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
    ...more,
  }
  return new Promise((resolve, reject) => {
    request(`${rig.console_url}${path}`, { method, headers }, resolve).on('error', reject).end(body)
  })
}

type Answer = { status: number; headers: IncomingHttpHeaders; encoding: string | undefined; vary: string | undefined; body: Buffer }
const read = async (path: string, accepted: string, sent: Sent = {}): Promise<Answer> => {
  const answer = await open(path, accepted, sent)
  const { 'content-encoding': encoding, vary } = answer.headers
  return { status: answer.statusCode ?? 0, headers: answer.headers, encoding, vary, body: Buffer.concat(await answer.toArray()) }
}

const assets = fileURLToPath(new URL('../../console/dist/assets/', import.meta.url))
const assetOf = (pattern: RegExp): string => readdirSync(assets).find((name) => pattern.test(name)) ?? 'missing'
const packings = [
  ['br', brotliDecompressSync],
  ['gzip', gunzipSync],
] as const

describe('what the server sends', () => {
  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ])('is compressed by %s where it is read, and is the same', async (encoding, unpack) => {
    const [packed, plain] = [await read('/api/sessions?limit=5', encoding), await read('/api/sessions?limit=5', 'identity')]
    expect([packed.status, packed.encoding, packed.vary?.toLowerCase()]).toEqual([200, encoding, 'accept-encoding'])
    expect(packed.body.length).toBeLessThan(plain.body.length / 2)
    const ids = (body: Buffer) => (JSON.parse(body.toString()) as { items: { id: string }[] }).items.map(({ id }) => id)
    expect(ids(unpack(packed.body))).toEqual(ids(plain.body))
    expect([plain.status, plain.encoding]).toEqual([200, undefined])
  })

  it('is brotli where both are taken', async () => {
    expect((await read('/api/sessions?limit=5', 'gzip, deflate, br, zstd')).encoding).toBe('br')
  })

  it('is never compressed where a secret may stand in it: nothing that is made, and nothing of signing in', async () => {
    const reason = 'css_ '.repeat(390)
    const made = await read('/api/sessions', 'br, gzip', {
      method: 'POST',
      body: JSON.stringify({ tenant_id: await rig.knownTenant(), reason }),
    })
    expect([made.status, made.encoding]).toEqual([201, undefined])
    expect(made.body.length).toBeGreaterThan(1_024)
    expect((JSON.parse(made.body.toString()) as { token: string }).token).toMatch(/^css_/)
    expect((await read(`/auth/sign-in?to=/${'a'.repeat(3_000)}`, 'br')).encoding).toBeUndefined()
  })

  it('is not compressed where it is small, or hashes', async () => {
    expect((await read('/api/log', 'br')).encoding).toBeUndefined()
    expect((await read('/log/checkpoint', 'br')).encoding).toBeUndefined()
  })
})

describe('each kind of answer', () => {
  it.each(packings)(
    'of data is sent by %s and kept by nobody: JSON, a table as a file, the description of the API',
    async (encoding, unpack) => {
      for (const path of ['/api/audit', '/api/overview', '/api/overview.csv', '/openapi.json']) {
        const packed = await read(path, encoding)
        expect([path, packed.status, packed.encoding, packed.vary?.toLowerCase()]).toEqual([path, 200, encoding, 'accept-encoding'])
        expect([path, packed.headers['cache-control']]).toEqual([path, 'no-store'])
        expect(unpack(packed.body).length).toBeGreaterThan(packed.body.length)
      }
    },
  )

  it.each(packings)('of the console is sent by %s as it was packed when it was built, and kept for ever', async (encoding, unpack) => {
    for (const pattern of [/^index-.*\.js$/, /^index-.*\.css$/, /^mark-.*\.svg$/]) {
      const name = assetOf(pattern)
      const packed = await read(`/assets/${name}`, encoding)
      expect([name, packed.status, packed.encoding, packed.vary?.toLowerCase()]).toEqual([name, 200, encoding, 'accept-encoding'])
      expect(packed.headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(unpack(packed.body)).toEqual(readFileSync(`${assets}${name}`))
      expect(packed.headers['content-length']).toBe(String(packed.body.length))
    }
  })

  it('of the console is the same for whoever takes nothing packed, by the same rule; a font is packed by itself', async () => {
    const name = assetOf(/^index-.*\.js$/)
    const plain = await read(`/assets/${name}`, 'identity')
    expect([plain.encoding, plain.vary?.toLowerCase()]).toEqual([undefined, 'accept-encoding'])
    expect(plain.body).toEqual(readFileSync(`${assets}${name}`))
    const font = await read(`/assets/${assetOf(/^inter-.*\.woff2$/)}`, 'br')
    expect([font.status, font.encoding, font.headers['cache-control']]).toEqual([200, undefined, 'public, max-age=31536000, immutable'])
  })

  it('that is none is kept by nobody: the page itself, a file that is not there, and a refusal', async () => {
    for (const [path, status] of [
      ['/tenants', 200],
      ['/assets/index-00000000.js', 404],
      ['/assets/..%2findex.html', 400],
      ['/api/tenants/none', 404],
      ['/api/nowhere', 404],
    ] as const) {
      const answer = await read(path, 'br')
      expect([path, answer.status, answer.headers['cache-control']]).toEqual([path, status, 'no-store'])
    }
  })

  it('of a stream comes as it is, one event at a time, whatever the browser takes', async () => {
    const stream = await open('/api/audit/stream', 'br, gzip', { headers: { accept: 'text/event-stream' } })
    expect([stream.statusCode, stream.headers['content-encoding'], stream.headers['cache-control']]).toEqual([200, undefined, 'no-store'])
    const pieces = stream.setEncoding('utf8')[Symbol.asyncIterator]()
    const until = async (part: string): Promise<void> => {
      for (let text = ''; !text.includes(part); ) text += (await pieces.next()).value
    }
    await until('event: ready')
    // Small, and the next comes after this one was read: nothing waits for more.
    for (let n = 0; n < 2; n++) {
      await staff.send('POST', '/api/sessions', { tenant_id: await rig.knownTenant(), reason: `looking at it once more: ${n}` })
      await until(`looking at it once more: ${n}`)
    }
    stream.destroy()
  })
})
