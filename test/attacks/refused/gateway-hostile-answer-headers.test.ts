import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { codeOf, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { hostileHeaders, leaked } from '../../support/hostile-headers.ts'

let rig: GatewayRig
let token: string
beforeAll(async () => {
  rig = await startGatewayRig()
  token = (await rig.open()).token
})
afterAll(() => rig.close())
beforeEach(() => rig.upstream.forget())

const own = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

describe('HD-10 headers of a product that means harm', () => {
  it('are left behind, and ours stand in their place', async () => {
    rig.upstream.answer = (_, response) =>
      response.writeHead(200, { ...hostileHeaders, 'content-type': 'text/html', etag: '"1"' }).end('<script>1</script>')
    const answer = await rig.send('GET /v1/reports', token)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('countersign-withheld')).toBe('link')
    expect(
      leaked(answer.headers, [
        ...Object.keys(own),
        'connection',
        'countersign-promise',
        'countersign-request-id',
        'permissions-policy',
        'x-request-id',
      ]),
    ).toEqual([])
    for (const [name, value] of Object.entries(own)) expect(answer.headers.get(name)).toBe(value)
    expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    expect(answer.headers.get('etag')).toBe('"1"')
  })

  it('have a type always, so that nobody guesses', async () => {
    rig.upstream.answer = (_, response) => response.writeHead(200).end('<script>1</script>')
    expect((await rig.send('GET /v1/reports', token)).headers.get('content-type')).toBe('application/octet-stream')
  })

  it('are bounded in number and size', async () => {
    rig.upstream.answer = (_, response) =>
      response.writeHead(200, Object.fromEntries(Array.from({ length: 2000 }, (_each, i) => [`x-${i}`, '1']))).end()
    expect(codeOf(await rig.send('GET /v1/reports', token))).toBe('upstream_refused')
    rig.upstream.answer = (_, response) => response.writeHead(200, { 'x-big': 'a'.repeat(40_000) }).end()
    expect(codeOf(await rig.send('GET /v1/reports', token))).toBe('upstream_refused')
  })

  it('may not come as a flood of interim answers', async () => {
    rig.upstream.answer = (_, response) => {
      for (let i = 0; i < 50; i++) response.writeProcessing()
      setTimeout(() => response.end('late'), 200)
    }
    expect(codeOf(await rig.send('GET /v1/reports', token))).toBe('upstream_refused')
  })

  it('stand on refusals too', async () => {
    const answer = await rig.send('GET /v1/undeclared', token)
    for (const [name, value] of Object.entries(own)) expect(answer.headers.get(name)).toBe(value)
  })
})
