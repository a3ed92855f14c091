import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'
import { type Rig, startRig } from '../../support/rig.ts'

let gateway: GatewayRig
let rig: Rig
beforeAll(async () => {
  gateway = await startGatewayRig()
  rig = await startRig()
})
afterAll(async () => {
  await gateway?.close()
  await rig?.close()
})

it.each(['RTSP/1.0', 'RTSP/1.1', 'HTTP/2.0', 'HTTP/0.9', 'ICE/1.0', 'http/1.1', 'HTTP/1.2'])('the gateway refuses %s', async (version) => {
  gateway.upstream.forget()
  const { token } = await gateway.open()
  const answer = await sendRaw(gateway.port, rawRequest(`GET /v1/reports ${version}`, [gateway.host, `Authorization: Bearer ${token}`]))
  const [event] = await gateway.events({ request_id: answer?.headers.get('x-request-id') ?? '' })
  expect([answer?.status, event?.code]).toEqual([400, 'invalid_request'])
  expect(gateway.upstream.bytes()).toHaveLength(0)
})

it('the gateway refuses RTSP on the record of the session', async () => {
  const { session, token } = await gateway.open()
  const answer = await sendRaw(gateway.port, rawRequest('GET  /v1/reports  RTSP/1.0', [gateway.host, `Authorization: Bearer ${token}`]))
  await expectRefusal(gateway, answer, 'invalid_request', session)
})

it('RTSP in a body is a text like any other', async () => {
  const { token } = await gateway.open({ scopes: ['reports:write'] })
  const body = 'GET /v1/other RTSP/1.0\r\n'
  expect((await gateway.send('POST /v1/reports', token, [`Content-Length: ${body.length}`], body)).status).toBe(200)
})

it.each(['RTSP/1.0', 'RTSP/1.1'])('the console door refuses %s', async (version) => {
  const { port, host } = new URL(rig.console_url)
  const answer = await sendRaw(Number(port), rawRequest(`GET /healthz ${version}`, [`Host: ${host}`, 'Connection: close']))
  expect([answer?.status, JSON.parse(answer?.body ?? '{}').code]).toEqual([400, 'invalid_request'])
})
