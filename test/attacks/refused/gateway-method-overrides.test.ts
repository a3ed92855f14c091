import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('GW-5 another method smuggled beside the real one', () => {
  it.each(['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE', 'X-Method-Override: DELETE', 'X-Original-Method: DELETE'])(
    'is refused as a header: %s',
    async (header) => {
      rig.upstream.forget()
      const { session, token } = await rig.open()
      await expectRefusal(rig, await rig.send('GET /v1/reports', token, [header]), 'header_refused', session)
      expect(rig.upstream.bytes()).toHaveLength(0)
    },
  )

  it.each(['_method=DELETE', '__method=DELETE', 'a=1&_Method=delete', '_method[]=DELETE'])('is refused in the query: %s', async (query) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    await expectRefusal(rig, await rig.send(`GET /v1/reports?${query}`, token), 'target_refused', session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each(['application/x-www-form-urlencoded', 'APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8', 'multipart/form-data; boundary=x'])(
    'is refused in a form, which frameworks look for it in: %s',
    async (type) => {
      rig.upstream.forget()
      const { session, token } = await rig.open({ scopes: ['reports:write'] })
      const body = '_method=DELETE'
      const answer = await rig.send('POST /v1/reports', token, [`Content-Type: ${type}`, `Content-Length: ${body.length}`], body)
      await expectRefusal(rig, answer, 'unsupported_media_type', session)
      expect(rig.upstream.bytes()).toHaveLength(0)
    },
  )
})
