import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let staff: Awaited<ReturnType<Rig['visitorWith']>>
let cookie: string
beforeAll(async () => {
  rig = await startRig()
  staff = await rig.visitorWith(['support_admin'])
  cookie = [...staff.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const tenant_id = await rig.knownTenant()
  for (let n = 0; n < 6; n++) await staff.send('POST', '/api/sessions', { tenant_id, reason: `looking at report number ${n}` })
})
afterAll(() => rig?.close())

/** As it comes over the wire: `fetch` would unpack it. */
const read = async (path: string, accepted: string, init: { method?: string; body?: string } = {}) => {
  const { request } = await import('node:http')
  const headers = {
    cookie,
    'accept-encoding': accepted,
    origin: rig.console_url,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
  }
  return await new Promise<{ status: number; encoding: string | undefined; vary: string | undefined; body: Buffer }>((resolve, reject) => {
    const sent = request(`${rig.console_url}${path}`, { method: init.method ?? 'GET', headers }, async (answer) => {
      const body = Buffer.concat(await answer.toArray())
      const { 'content-encoding': encoding, vary } = answer.headers
      resolve({ status: answer.statusCode ?? 0, encoding, vary, body })
    })
    sent.on('error', reject)
    sent.end(init.body)
  })
}

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
