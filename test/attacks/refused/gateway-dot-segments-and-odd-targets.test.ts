import { isTarget } from '@countersign/contract/target.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { escapePath } from '../../../server/src/gateway/escape.ts'
import { codeOf, expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { traversals } from '../../gateway/traversals.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

const byGrammar = `
/v1/../admin
/v1/reports/../../admin
/v1/reports/%2e%2e/admin /v1/reports/.%2e/admin
/v1/reports/..%2fadmin /v1/reports/%2e%2e%2fadmin
/v1/reports/..%5cadmin /v1/reports/..\\admin
/v1\\reports
/v1/reports/..;/admin /v1/reports..;/ /v1/reports/%2e%2e;/admin /v1/reports;x=1 /v1;/reports
/v1/reports/%252e%252e/admin /v1/reports%252f..%252fadmin
/v1/reports%2f..%2f..%2fadmin
//v1/reports
///admin
//evil.example/v1/reports
/v1//reports /./v1/reports /v1/./reports /v1/reports/. /.. /%2e%2e
/v1/reports%00 /v1/reports%00.json /xyz/.%00../abc /xyz/%00.%00./abc /xyz/AAAAA%%0000/abc
/v1/reports%0a /v1/reports%0d%0aX-A:%20b /v1/reports%20 /v1/reports%09 /v1/reports%7f
/v1/reports%3fx=1 /v1/reports%23/../admin /v1/reports#/../admin
/v1/%72eports /%76%31/reports /%61dmin
/v1/%c0%ae%c0%ae/admin /v1/%c0%afadmin /v1/%e0%80%af..%e0%80%afadmin
/v1/%ef%bc%8e%ef%bc%8e/admin /v1/%u002e%u002e/admin /v1/% /v1/%zz /v1/%2
http://gw.local/v1/reports http://evil.example/v1/reports https://gw.local:443/admin
http://user@gw.local/admin file:///etc/passwd *
/v1/reports?tenant=A&tenant=B /v1/reports?tenant=A&tenant[]=B /v1/reports?tenant=A&TENANT=B /v1/reports?tenant=A%00B /v1/reports?tenant=A;tenant=B
/v1/reports?_method=DELETE /v1/reports?__method=DELETE /v1/reports?_METHOD=delete
/v1/reports?a=%0d%0a /v1/reports?%=1 /v1/reports?%C3=1
`
  .trim()
  .split(/\s+/)

const byRoute: Record<string, string> = {
  '/V1/REPORTS': 'route_undeclared',
  '/v1/Reports': 'route_undeclared',
  '/@evil.example': 'route_undeclared',
  '/:443': 'route_undeclared',
  '/v1/tenants/ten_b/reports': 'route_undeclared',
  '/v1/reports.json': 'route_undeclared',
  '/v1/reports/': 'route_undeclared',
  '/v1/reports/export/all?callback=http://x': 'route_undeclared',
  '/v1/reports?tenant=ten_b': 'other_tenant',
  '/v1/reports?tenant%5B%5D=ten_b': 'other_tenant',
  '/v1/reports?TENANT=ten_b': 'other_tenant',
  '/v1/reports?tenant_id=ten_b': 'other_tenant',
  '/v1/reports?filter%5Btenant_id%5D=ten_b': 'other_tenant',
}

describe('GW-1 a target that two readers could read differently', () => {
  for (const method of ['GET', 'HEAD', 'POST']) {
    it(`is refused with 400 before the product hears of it: ${method}`, async () => {
      rig.upstream.forget()
      const { session, token } = await rig.open()
      const connection = await rig.connect()
      for (const target of byGrammar) {
        connection.send(rig.head(`${method} ${target}`, token))
        const answer = await connection.next(method)
        expect(answer?.status, target).toBe(400)
        if (method === 'HEAD') continue
        const event = await expectRefusal(rig, answer, 'target_refused', session)
        expect(event.request?.path).toBe(escapePath(target))
      }
      connection.end()
      expect(rig.upstream.bytes()).toHaveLength(0)
      const refused = await rig.events({ session_id: session.id, action: 'SUPPORT_SESSION.REQUEST.REFUSED' })
      expect(refused.map(({ request }) => request?.path)).toEqual(byGrammar.map(escapePath))
    })
  }

  it('dies at the exact route, or at the tenant, where its form is plain', async () => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    for (const [target, code] of Object.entries(byRoute)) await expectRefusal(rig, await rig.send(`GET ${target}`, token), code, session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('is refused by Node or by us where it holds bytes that no target has', async () => {
    rig.upstream.forget()
    const { token } = await rig.open()
    for (const target of [
      '/v1/re\x00ports',
      '/v1/r\x0bports',
      '/v1/\x7f',
      '/v1/\xc3\xa4',
      "/v1/reports?$filter=tenant eq 'B'",
      'v1/reports',
      '?x=1',
      '@evil/',
      'javascript:alert(1)',
      '/v1/\treports',
    ]) {
      const answer = await rig.send(`GET ${target}`, token)
      expect(answer.status, target).toBe(400)
      expect(['target_refused', 'invalid_request']).toContain(codeOf(answer))
    }
    expect((await rig.send(`GET /${'a'.repeat(20_000)}`, token)).status).toBe(431)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each(['/v1/reports?name=\xe6\x9d\x8e', '/v1/caf\xc3\xa9'])('says what to write in place of %j', async (target) => {
    const { token } = await rig.open()
    const answer = await rig.send(`GET ${target}`, token)
    expect(codeOf(answer)).toBe('target_refused')
    expect(JSON.parse(answer.body.toString()).detail).toMatch(/percent-encoded/)
  })

  it('never gets further than the last segment of its route, over a thousand of the known spellings', async () => {
    rig.upstream.forget()
    const { token } = await rig.open()
    const connection = await rig.connect()
    let n = 0
    for (const traversal of traversals()) {
      if (n++ % 23 !== 0 || /[^\x21-\x7e]/.test(traversal)) continue
      const target = `/v1/reports/${traversal}`
      connection.send(rig.head(`GET ${target}`, token))
      const answer = await connection.next()
      expect(answer?.status, target).toBe(isTarget(target) ? (target.split('/').length === 4 && !target.endsWith('/') ? 200 : 403) : 400)
    }
    connection.end()
    for (const { target } of rig.upstream.received) expect(target).toMatch(/^\/v1\/reports\/[^/%\\]+$/)
  })
})
