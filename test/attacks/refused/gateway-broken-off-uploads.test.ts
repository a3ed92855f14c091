import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import type { RawConnection } from '../../support/raw.ts'
import { until } from '../../support/until.ts'

let rig: GatewayRig
let token: string
beforeAll(async () => {
  rig = await startGatewayRig()
  token = (await rig.open({ scopes: ['reports:write', 'reports:read'] })).token
})
afterAll(() => rig.close())

const outcome = async () => (await rig.events()).filter(({ request }) => request?.method === 'POST').at(-1)

describe('FR-7 an upload that breaks off', () => {
  it.each([
    ['by a chunk that is none', ({ send }: RawConnection) => send('zz\r\n'), 'invalid_request'],
    ['by the caller who leaves', ({ end }: RawConnection) => end(), 'client_abort'],
  ])('is aborted at the product too, on a connection that is not used again, and the record says why: %s', async (_, breakOff, code) => {
    rig.upstream.forget()
    const before = rig.upstream.connections()
    const connection = await rig.connect()
    connection.send(rig.head('POST /v1/reports', token, ['Transfer-Encoding: chunked']))
    connection.send('5\r\nhello\r\n')
    await until(() => rig.upstream.received[0]?.body.toString() === 'hello')
    breakOff(connection)
    await connection.closed
    await until(async () => (await outcome())?.action === 'SUPPORT_SESSION.REQUEST.FAILED')
    expect(await outcome()).toMatchObject({ result: 'error', code })
    expect(rig.upstream.bytes().toString('latin1').endsWith('0\r\n\r\n')).toBe(false)
    expect((await rig.send('GET /v1/reports', token)).status).toBe(200)
    expect(rig.upstream.connections()).toBeGreaterThan(before)
    expect(rig.upstream.received.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })
})
