import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

const added = [
  'X-Forwarded-For: 192.0.2.1',
  'X-Forwarded-For: 192.0.2.2',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Port: 443',
  'X-Forwarded-Prefix: /admin',
  'X-Forwarded-Uri: /admin',
  'Forwarded: for=192.0.2.1;host=evil.example',
  'Via: 1.1 balancer',
  'X-Real-IP: 192.0.2.1',
  'True-Client-IP: 192.0.2.1',
  'CF-Connecting-IP: 192.0.2.1',
  'X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678',
  'X-Envoy-Expected-Rq-Timeout-Ms: 15000',
  'User-Agent: curl/8',
]

describe('HD-1 what load balancers and browsers add by themselves', () => {
  it('is let in, left behind, and decides nothing', async () => {
    rig.upstream.forget()
    const { token } = await rig.open()
    expect((await rig.send('GET /v1/reports', token, added)).status).toBe(200)
    const names = rig.upstream.received[0]?.raw_headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(names?.sort()).toEqual(['connection', 'countersign-assertion', 'countersign-request-id', 'host', 'user-agent', 'x-request-id'])
    const [host] = rig.upstream.received.map(({ headers }) => headers.get('host'))
    expect(host).toBe(`127.0.0.1:${rig.upstream.port}`)
    const undeclared = await rig.send('GET /admin', token, ['X-Forwarded-Uri: /v1/reports', 'X-Forwarded-Prefix: /v1'])
    expect(undeclared.status).toBe(403)
  })

  it('passes on what the product needs to answer well', async () => {
    rig.upstream.forget()
    const { token } = await rig.open()
    const wanted = {
      accept: 'application/json',
      'accept-language': 'de',
      'if-none-match': '"1"',
      range: 'bytes=0-5',
      'accept-encoding': 'br',
    }
    await rig.send(
      'GET /v1/reports',
      token,
      Object.entries(wanted).map(([name, value]) => `${name}: ${value}`),
    )
    for (const [name, value] of Object.entries(wanted)) expect(rig.upstream.received[0]?.headers.get(name)).toBe(value)
  })
})
