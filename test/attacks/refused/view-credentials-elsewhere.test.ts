import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BrowserRig, type Entered, hostOf, ownFetch, startBrowserRig } from '../../gateway/browser-rig.ts'
import { codeOf, expectRefusal } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'

let rig: BrowserRig
let eve: Entered
let mallory: Entered
beforeAll(async () => {
  rig = await startBrowserRig({ gateway: 'browser_origin_is_public_suffix: true' })
  eve = await rig.enter()
  mallory = await rig.enter({ tenant_id: 'ten_b', by: await rig.newStaff() })
})
afterAll(() => rig?.close())
beforeEach(() => rig.upstream.forget())

const get = async (headers: readonly string[]) => sendRaw(rig.port, rawRequest('GET /v1/reports HTTP/1.1', [...headers, ...ownFetch]))

describe('AN-11 a credential where it does not belong', () => {
  it('the cookie of one view opens no other, of the same person or of somebody else', async () => {
    const own = await rig.enter()
    for (const host of [mallory.host, own.host, hostOf(`https://${'b'.repeat(26)}.view.example`)]) {
      await expectRefusal(rig, await get([host, `Cookie: ${eve.cookie}`]), 'view_refused', eve.session)
    }
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('the token of a session opens no view, neither alone nor beside a cookie', async () => {
    await expectRefusal(rig, await get([eve.host, `Authorization: Bearer ${eve.token}`]), 'token_refused')
    const both = [eve.host, `Cookie: ${eve.cookie}`, `Authorization: Bearer ${eve.token}`]
    await expectRefusal(rig, await get(both), 'token_refused', eve.session)
    await expectRefusal(rig, await get([eve.host, `Cookie: __Host-countersign-view=${eve.token}`]), 'view_missing')
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('the cookie of a view is nothing at the address of the gateway', async () => {
    const secret = eve.cookie.slice(eve.cookie.indexOf('=') + 1)
    await expectRefusal(rig, await get([rig.host, `Cookie: ${eve.cookie}`]), 'token_missing')
    await expectRefusal(rig, await get([rig.host, `Authorization: Bearer ${secret}`]), 'token_refused')
    // Beside a token it is passed over, as every cookie is.
    expect((await get([rig.host, `Cookie: ${eve.cookie}`, `Authorization: Bearer ${eve.token}`]))?.status).toBe(200)
    expect(rig.upstream.bytes().toString('latin1')).not.toContain(secret)
  })

  it.each([
    ['view_missing', ''],
    ['view_missing', '__Host-countersign-view='],
    ['view_missing', '__Host-countersign-view=cs_seen_x'],
    ['view_missing', `countersign-view=cs_seen_${'x'.repeat(43)}`],
    ['view_missing', `__host-countersign-view=cs_seen_${'x'.repeat(43)}`],
    ['view_refused', `__Host-countersign-view=cs_seen_${'x'.repeat(43)}`],
    ['duplicate_cookie', `__Host-countersign-view=cs_seen_${'x'.repeat(43)}; __Host-countersign-view=a`],
  ])('a cookie that nobody was given is refused: %s for %j', async (code, cookie) => {
    const answer = await get([eve.host, `Cookie: ${cookie}`])
    await expectRefusal(rig, answer, code)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('a page that adds a cookie of the same name keeps itself out, and nobody else', async () => {
    const answer = await get([eve.host, `Cookie: ${eve.cookie}; ${mallory.cookie}`])
    expect(codeOf(answer)).toBe('duplicate_cookie')
    expect((await get([eve.host, `Cookie: a=1; ${eve.cookie}; b=2`]))?.status).toBe(200)
    expect((await get([mallory.host, `Cookie: ${mallory.cookie}`]))?.status).toBe(200)
  })

  it('S17 a view of one tenant shows nothing of another', async () => {
    const { scopes } = mallory.session
    expect(scopes).toContain('members:read')
    await expectRefusal(rig, await rig.fetch(mallory, 'GET /v1/tenants/ten_a/members'), 'other_tenant', mallory.session)
    expect((await rig.fetch(mallory, 'GET /v1/tenants/ten_b/members')).status).toBe(200)
  })
})

describe('HD-5 a host that only looks like that of a view', () => {
  it.each([
    (host: string) => `${host}.`,
    (host: string) => `${host}.evil.example`,
    (host: string) => `evil.${host}`,
    (host: string) => `${host}:8443`,
    (host: string) => `${host}@evil.example`,
    (host: string) => `evil.example#${host}`,
    (host: string) => host.replace('view.example', 'view.example.evil.example'),
    (host: string) => host.replace('.view', '.evil.view'),
    (host: string) => host.replace('.view.example', '-evil.view.example'),
    (host: string) => host.replace('.view.example', '-default.view.example'),
    (host: string) => host.slice(1),
    (host: string) => `x${host}`,
    () => '127.0.0.1',
    () => '[::1]',
    () => 'view.example',
    () => '*.view.example',
    () => '',
  ])('is served by nobody: %#', async (change) => {
    const host = `Host: ${change(new URL(eve.origin).host)}`
    const answer = await get([host, `Cookie: ${eve.cookie}`])
    expect([host, answer?.status, codeOf(answer)]).toEqual([host, 421, 'host_refused'])
    const twice = await get([eve.host, host, `Cookie: ${eve.cookie}`])
    expect([host, codeOf(twice)]).toEqual([host, expect.stringMatching(/^(?:header_refused|invalid_request)$/)])
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('is served however its letters are written', async () => {
    expect((await get([eve.host.toUpperCase().replace('HOST', 'Host'), `Cookie: ${eve.cookie}`]))?.status).toBe(200)
  })
})
