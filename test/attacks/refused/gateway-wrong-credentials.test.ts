import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

const send = (headers: string[], target = '/v1/reports') => sendRaw(rig.port, rawRequest(`GET ${target} HTTP/1.1`, [rig.host, ...headers]))

describe('a credential that is none at the gateway', () => {
  it('TI-8 a tenant’s API key, as a key or as a bearer', async () => {
    rig.upstream.forget()
    const key = `cs_live_${randomBytes(24).toString('base64url')}`
    await sql`insert into api_keys (id, tenant_id, name, hint, key_hash, permissions, created_by)
      values ('key_1', 'ten_a', 'k', 'h', ${createHash('sha256').update(key).digest()}, array['audit:read'], 'test')`.execute(
      rig.database.store.db,
    )
    await expectRefusal(rig, await send([`X-API-Key: ${key}`]), 'token_missing')
    const answer = await send([`Authorization: Bearer ${key}`])
    expect(answer?.status).toBe(401)
    expect(answer?.headers.get('www-authenticate')).toBe('Bearer')
    await expectRefusal(rig, answer, 'token_refused')
    expect(rig.upstream.bytes()).toHaveLength(0)
    expect(JSON.stringify(await rig.events())).not.toContain(key)
  })

  it('a cookie, of whatever name', async () => {
    const { token } = await rig.open()
    for (const name of ['countersign', '__Host-countersign', 'token'])
      await expectRefusal(rig, await send([`Cookie: ${name}=${token}`]), 'token_missing')
  })

  it('a token in the address, which would be in every log on the way', async () => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    await expectRefusal(rig, await send([], `/v1/reports?token=${token}`), 'token_refused')
    const both = await rig.send(`GET /v1/reports?token=${token}`, token)
    const event = await expectRefusal(rig, both, 'token_refused', session)
    expect(event.request?.path).toBe('/v1/reports?token=css_[hidden]')
    expect(JSON.stringify(await rig.events())).not.toContain(token)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  const escapes: ((token: string) => string)[] = [
    (token) => token.replace('c', '%63'),
    (token) => token.replace('css_', 'cs%73%5F'),
    (token) => [...token].map((char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`).join(''),
    (token) => `%FF${token.replace('_', '%5F')}`,
    // Twice, and more often: whoever decodes once more reads it.
    (token) => token.replace('c', '%2563'),
    (token) => [...token].map((char) => `%25${char.charCodeAt(0).toString(16).toUpperCase()}`).join(''),
    (token) => [...token].map((char) => `%252525${char.charCodeAt(0).toString(16).toUpperCase()}`).join(''),
  ]
  it.each(escapes)('a token in the address that is written otherwise: %s', async (writeOtherwise) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const written = writeOtherwise(token)
    for (const target of [`/v1/reports?token=${written}`, `/v1/reports?${written.replace('%FF', '')}=1`]) {
      const event = await expectRefusal(rig, await rig.send(`GET ${target}`, token), 'token_refused', session)
      expect(event.request?.path).toMatch(/css_\[hidden\]/)
      expect(event.request?.path).not.toContain(written.slice(-20))
    }
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each([
    'Bearer',
    'Bearer ',
    'Basic eDp5',
    'BearerTOKEN',
    'Bearer\tTOKEN',
    'Bearer css_TOKEN',
    'Bearer CSS_TOKEN',
    'Bearer TOKEN ,',
    'Bearer TOKENx',
    'Bearer TOKEN=',
    'Bearer SHORT',
    'Bearer UNKNOWN',
    'Bearer null',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    `Bearer ${'A'.repeat(10_000)}`,
    'TOKEN',
  ])('something else than one well-formed token that exists: %s', async (text) => {
    rig.upstream.forget()
    const { token } = await rig.open()
    const value = text
      .replace('TOKEN', token)
      .replace('SHORT', token.slice(0, -1))
      .replace('UNKNOWN', `css_${'A'.repeat(43)}`)
    const answer = await send([`Authorization: ${value}`])
    expect(answer?.status).toBe(401)
    await expectRefusal(rig, answer, 'token_refused')
    expect(answer?.body).not.toContain(token)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })
})
