import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

const redirect = (status: number, location?: string) => {
  rig.upstream.forget()
  rig.upstream.answer = (_, response) => response.writeHead(status, location === undefined ? {} : { location }).end('moved')
}

describe('GW-11 a redirect of the product', () => {
  it.each([
    [302, 'https://evil.example/'],
    [301, '//evil.example/'],
    [303, '/\\evil.example'],
    [307, 'http://127.0.0.1:1/v1/reports'],
    [308, 'javascript:alert(1)'],
    [302, 'reports'],
    [302, '/v1/../admin'],
    [302, ''],
    [300, undefined],
  ] as const)('to another place is blocked, and the log says so: %i %s', async (status, location) => {
    redirect(status, location)
    const { token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token)
    expect(answer.status).toBe(502)
    expect(codeOf(answer)).toBe('upstream_refused')
    expect(answer.headers.has('location')).toBe(false)
    expect(rig.upstream.received).toHaveLength(1)
    const events = await rig.events({ request_id: answer.headers.get('x-request-id') })
    expect(events.map(({ action, result, code }) => [action, result, code])).toEqual([
      ['SUPPORT_SESSION.REQUEST.ADMITTED', 'ok', undefined],
      ['SUPPORT_SESSION.REQUEST.FAILED', 'error', 'upstream_refused'],
    ])
  })

  it('to a path of its own is passed on, and not followed', async () => {
    const { token } = await rig.open()
    for (const [location, shown] of [
      ['/v1/reports/7', '/v1/reports/7'],
      [`${rig.upstream.url}/v1/reports/7?x=1`, '/v1/reports/7?x=1'],
    ] as const) {
      redirect(302, location)
      const answer = await rig.send('GET /v1/reports', token)
      expect([answer.status, answer.headers.get('location')]).toEqual([302, shown])
      expect(rig.upstream.received).toHaveLength(1)
    }
  })
})
