import { hash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('GW-1 GW-3 P12 a target that ordinary programs send', () => {
  it.each([
    '/v1/reports?tags=a&tags=b&tags=a',
    '/v1/reports?page[number]=2&page[size]=50&filter[name]=x&filter[state]=y&include=a,b',
    '/v1/reports?page%5Bnumber%5D=2&page%5Bsize%5D=50',
    '/v1/reports?filter[tenant_id]=ten_a&filter[name]=x',
    '/v1/reports?query=%7B%0A%20%20reports%20%7B%20id%20%7D%0A%7D',
    '/v1/reports/Annual%20report%20(2026).pdf',
    '/v1/reports/%E6%9D%8E%E5%B0%8F%E9%BE%99',
    '/v1/reports/%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB',
    `/v1/reports?q=${'%20'.repeat(2_700)}`,
    `/v1/reports/${'a'.repeat(8_000)}`,
  ])('reaches the product byte for byte, and stands on the record whole: %.60s', async (target) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    expect((await rig.send(`GET ${target}`, token)).status).toBe(200)
    expect(rig.upstream.received.map((received) => received.target)).toEqual([target])
    const [, payload = ''] = rig.upstream.received[0]?.headers.get('countersign-assertion')?.split('.') ?? []
    const { htu } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    expect(htu).toBe(target.length > 2_048 ? `sha256:${hash('sha256', target, 'base64url')}` : target)
    const events = (await rig.events({ session_id: session.id })).slice(1)
    expect(events.map(({ request }) => request?.path)).toEqual([target, target])
  })

  it('is the path of a whole address of the very host that is asked', async () => {
    const { session, token } = await rig.open()
    for (const scheme of ['http', 'HTTP', 'https']) {
      rig.upstream.forget()
      const first = `GET ${scheme}://LOCALHOST:${rig.port}/v1/reports?a=1 HTTP/1.1`
      const answer = await sendRaw(rig.port, rawRequest(first, [`Host: localhost:${rig.port}`, `Authorization: Bearer ${token}`]))
      expect(answer?.status).toBe(200)
      expect(rig.upstream.received.map(({ target }) => target)).toEqual(['/v1/reports?a=1'])
      expect(rig.upstream.bytes().toString('latin1')).toMatch(/^GET \/v1\/reports\?a=1 HTTP/)
    }
    const admitted = await rig.events({ session_id: session.id, action: 'SUPPORT_SESSION.REQUEST.ADMITTED' })
    expect(admitted.map(({ request }) => request?.path)).toEqual(Array(3).fill('/v1/reports?a=1'))
  })
})
