import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('GW-1 a target whose characters programs read differently', () => {
  it.each([
    ['/v1/reports/%C0%AE%C0%AE', 'overlong dots'],
    ['/v1/reports/%E0%80%AF', 'an overlong slash'],
    ['/v1/reports/%ED%A0%80', 'a lone surrogate'],
    ['/v1/reports/%F4%90%80%80', 'beyond the last character'],
    ['/v1/reports/%C3', 'half a character'],
    ['/v1/reports/%E4', 'Latin-1'],
    ['/v1/reports/%EF%BC%8E%EF%BC%8E', 'full-width dots'],
    ['/v1/reports/a%EF%BC%8Fb', 'a full-width slash'],
    ['/v1/reports/a%E2%88%95b', 'a division slash'],
    ['/v1/reports/7%EF%BC%9Adelete', 'a full-width colon'],
    ['/v1/reports/a%EF%BC%85b', 'a full-width percent sign'],
    ['/v1/reports/%E2%80%A6', 'an ellipsis, which is three dots'],
    ['/v1/reports/a%C2%85b', 'a control character of ISO 8859'],
    ['/v1/reports/a%E2%80%A8b', 'a line separator'],
    ['/v1/reports/7%20', 'a space at the end'],
    ['/v1/reports/%20..', 'a space before dots'],
    ['/v1/reports/.%20.', 'nothing but dots and spaces'],
    ['/v1/reports/%E3%80%807', 'an ideographic space in front'],
    ['/v1/reports?a=%0D%0ASet-Cookie:%20a', 'a carriage return in a query'],
    ['/v1/reports?a=%1B', 'an escape character in a query'],
    ['/v1/reports?%FF=1', 'a name that is no UTF-8'],
    ['/v1/reports?tenant=ten_a&tenant=ten_b', 'two tenants'],
    ['/v1/reports?tenant[]=ten_a&tenant[]=ten_a', 'one tenant twice'],
    ['/v1/reports?x[org_id]=ten_a&x[org_id][]=ten_b', 'two tenants in brackets'],
    ['/v1/reports?tags=a&[method=DELETE', 'a method as PHP reads it'],
    ['http://evil.example/v1/reports', 'a whole address of another host'],
    ['http://localhost@evil.example/v1/reports', 'a whole address with a user'],
  ])('is refused with what is wrong and where: %s, %s', async (target) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await rig.send(`GET ${target}`, token)
    expect(answer.status).toBe(400)
    const event = await expectRefusal(rig, answer, 'target_refused', session)
    const { detail } = JSON.parse(answer.body)
    expect(detail).toMatch(/^Character \d+ of the target: .{10,}\.$/)
    expect(event.note).toBe(detail)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each(['p%EF%BD%81ssword', 'pa%E2%80%8Bssword', 'pa%C5%BF%C5%BFword', 'PASSWORD%C2%AD', 'p%F0%9D%90%9Assword'])(
    'GW-6 is blocked as a sink where some program could take it for one: %s',
    async (last) => {
      rig.upstream.forget()
      const { session, token } = await rig.open({ scopes: ['reports:write'] })
      await expectRefusal(rig, await rig.send(`POST /v1/account/${last}`, token), 'sink_blocked', session)
      expect(rig.upstream.bytes()).toHaveLength(0)
    },
  )

  it.each(['filter[tenant_id]=ten_b&filter[name]=x', 'org[]=ten_a&organization=ten_b', 'a=1&a=2&tenant%5Fid=ten_b'])(
    'SE-7 is refused where a repeated or bracketed query names another tenant: %s',
    async (query) => {
      rig.upstream.forget()
      const { session, token } = await rig.open()
      await expectRefusal(rig, await rig.send(`GET /v1/reports?${query}`, token), 'other_tenant', session)
      expect(rig.upstream.bytes()).toHaveLength(0)
    },
  )

  it('is on the record as far as it goes, and how long it was', async () => {
    const { session, token } = await rig.open()
    const target = `/v1/reports?q=${'a'.repeat(9_000)}`
    const event = await expectRefusal(rig, await rig.send(`GET ${target}`, token), 'target_refused', session)
    expect(event.request?.path).toBe(`${target.slice(0, 8_192)}\\[of_9014_characters]`)
  })
})

it('TI-8 a token behind thousands of escapes of a percent sign is found, and at once', async () => {
  rig.upstream.forget()
  const { session, token } = await rig.open()
  const started = performance.now()
  await expectRefusal(
    rig,
    await rig.send(`GET /v1/reports?t=%${'25'.repeat(3_900)}63ss_${'A'.repeat(43)}`, token),
    'token_refused',
    session,
  )
  expect(performance.now() - started).toBeLessThan(5_000)
  expect(rig.upstream.bytes()).toHaveLength(0)
})
