import { afterAll, beforeAll, expect, it } from 'vitest'
import { openRaw } from '../../support/raw.ts'
import { type Rig, startRig } from '../../support/rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.close())

/** Seconds until the door has ended a connection that sends these bytes and no more. */
const held = async (url: string, text: string): Promise<number> => {
  const { port, host, origin } = new URL(url)
  const connection = await openRaw(Number(port))
  const began = performance.now()
  connection.send(text.replaceAll('HOST', host).replaceAll('ORIGIN', origin))
  await connection.closed
  return (performance.now() - began) / 1000
}

const body =
  'POST /auth/sign-out HTTP/1.1\r\nHost: HOST\r\nOrigin: ORIGIN\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'
const upload = 'POST /v1/reports HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000\r\n\r\n{'

it('connections that say nothing, or never come to an end, are ended in the time that is promised', async () => {
  const { console_url, gateway_url } = rig
  const [silent, silentAtGateway, headers, headersAtGateway, slowBody, upload_] = await Promise.all([
    held(console_url, ''),
    held(gateway_url, ''),
    held(console_url, 'GET /healthz HTTP/1.1\r\nHost: HOST\r\n'),
    held(gateway_url, 'GET /v1/reports HTTP/1.1\r\nHost: HOST\r\n'),
    held(console_url, body),
    held(gateway_url, upload),
  ])
  // docs/operate.md says 10 and 15 s; on a machine that is busy the look at the clock comes late.
  for (const seconds of [silent, silentAtGateway, headers, headersAtGateway]) expect(seconds).toBeLessThan(14)
  expect(slowBody).toBeLessThan(19)
  // Nobody is there to read it.
  expect(upload_).toBeLessThan(5)
}, 60_000)
