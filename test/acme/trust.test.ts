import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { UsedIds } from '../../examples/acme/src/trust/replay.ts'
import { TrustedCaller } from '../../examples/acme/src/trust/verify.ts'
import { assertionClaims, newIssuer, now, trustedIssuer } from './rig.ts'

afterEach(() => {
  vi.useRealTimers()
})

const arrived = { method: 'GET', target: '/v1/usage' }
const claims = (changed = {}) => assertionClaims('GET', '/v1/usage', changed)

describe('the keys of the issuer', () => {
  it('are read when first needed, and again for an unknown key at most once in 30 s', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const issuer = await newIssuer()
    const caller = new TrustedCaller(trustedIssuer, issuer.jwksUrl, 'acme-api')
    expect(issuer.fetches).toBe(0)
    for (let n = 0; n < 5; n++) await caller.verify(await issuer.sign(claims()), arrived)
    expect(issuer.fetches).toBe(1)

    issuer.rotate()
    vi.setSystemTime(Date.now() + 5_000)
    for (let n = 0; n < 5; n++) {
      await expect(caller.verify(await issuer.sign(claims()), arrived)).rejects.toMatchObject({ code: 'bad_assertion' })
    }
    expect(issuer.fetches).toBe(1)

    vi.setSystemTime(Date.now() + 30_000)
    await caller.verify(await issuer.sign(claims()), arrived)
    expect(issuer.fetches).toBe(2)
    await issuer.close()
  })

  it('that cannot be read are no reason to believe anybody', async () => {
    const issuer = await newIssuer()
    await issuer.close()
    const caller = new TrustedCaller(trustedIssuer, issuer.jwksUrl, 'acme-api')
    await expect(caller.verify(await issuer.sign(claims()), arrived)).rejects.toMatchObject({ code: 'trust_unavailable', status: 503 })
  })
})

describe('used ids', () => {
  it('GW-10 refuse what was issued before this process could remember it', async () => {
    const issuer = await newIssuer()
    const caller = new TrustedCaller(trustedIssuer, issuer.jwksUrl, 'acme-api')
    const earlier = await issuer.sign(claims({ iat: now() - 20, exp: now() + 20 }))
    await expect(caller.verify(earlier, arrived)).rejects.toMatchObject({
      code: 'bad_assertion',
      message: expect.stringContaining('before this process'),
    })
    await issuer.close()
  })

  it('are bounded, forget only what has expired, and refuse when there is no room', () => {
    const used = new UsedIds(3)
    const ids = Array.from({ length: 4 }, () => randomUUID())
    expect(ids.slice(0, 3).map((id) => used.use(id, 100, 0))).toEqual([true, true, true])
    expect(used.use(ids[3] ?? '', 100, 0)).toBe(false)
    expect(used.use(ids[0] ?? '', 100, 99)).toBe(false)
    expect(used.use(ids[3] ?? '', 200, 100)).toBe(true)
  })
})
