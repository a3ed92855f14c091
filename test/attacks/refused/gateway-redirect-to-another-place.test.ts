import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

const redirect = (status: number, location?: string | readonly string[]) => {
  rig.upstream.forget()
  rig.upstream.answer = (_, response) =>
    response.writeHead(status, location === undefined ? {} : { location: location as string }).end('moved')
}

/** What the log says of a request: an answer whose way on is withheld has been given, so it is completed. */
const outcomeOf = async (id: string | undefined) => {
  const [admitted, outcome, ...more] = await rig.events({ request_id: id })
  expect([admitted?.action, more]).toEqual(['SUPPORT_SESSION.REQUEST.ADMITTED', []])
  return [outcome?.action, outcome?.result, outcome?.request?.status, outcome?.note]
}

describe('GW-11 a redirect of the product', () => {
  it.each([
    [302, 'https://evil.example/cb?code=secret', 'https://evil.example'],
    [301, '//evil.example/', 'an address that is not passed on'],
    [303, '/\\evil.example', 'an address that is not passed on'],
    [307, 'http://127.0.0.1:1/v1/reports', 'http://127.0.0.1:1'],
    [308, 'javascript:alert(1)', 'an address that is not passed on'],
    [302, 'https://user:pw@evil.example/', 'https://evil.example'],
    [302, '/v1/..%2fadmin', 'an address that is not passed on'],
    [302, '', 'an address that is not passed on'],
    [300, ['/v1/reports/7', '/v1/reports/8'], 'two places at once'],
  ] as const)('to another place is not passed on: %i %s', async (status, location, where) => {
    redirect(status, location)
    const { token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token)
    // The product has carried it out: the answer says that, and is no failure that invites to try again.
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'redirect_elsewhere', status, request_id: answer.headers.get('x-request-id') })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.has('location')).toBe(false)
    expect(answer.headers.get('countersign-withheld')).toBe('location')
    expect(`${answer.body}${[...answer.headers.values()]}`).not.toMatch(/moved|evil|javascript/)
    expect(rig.upstream.received).toHaveLength(1)
    expect(await outcomeOf(answer.headers.get('x-request-id'))).toEqual([
      'SUPPORT_SESSION.REQUEST.COMPLETED',
      'ok',
      status,
      `The product redirects to ${where}.`,
    ])
  })

  it('after an upload, and with an endless body of its own, ends all the same', async () => {
    rig.upstream.answer = (_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(10_000)), 1)
      response.once('close', () => clearInterval(timer))
      response.writeHead(303, { location: 'https://evil.example/' })
    }
    const { token } = await rig.open({ scopes: ['reports:write', 'reports:read'] })
    const connection = await rig.connect()
    for (let i = 0; i < 3; i++) {
      connection.send(rig.head('POST /v1/reports', token, ['Content-Type: application/json', 'Content-Length: 2']))
      connection.send('{}')
      const answer = await connection.next()
      expect([answer?.status, JSON.parse(answer?.body ?? '').code]).toEqual([303, 'redirect_elsewhere'])
    }
    connection.end()
  })

  it('has no body of ours where the method has none', async () => {
    redirect(302, 'https://evil.example/')
    const { token } = await rig.open()
    const answer = await rig.send('HEAD /v1/reports', token)
    expect([answer.status, answer.headers.get('countersign-withheld'), answer.headers.has('location')]).toEqual([302, 'location', false])
  })

  it.each([
    ['/v1/reports/7', '/v1/reports/7'],
    ['UPSTREAM/v1/reports/7?x=1', '/v1/reports/7?x=1'],
    ['HTTP://UPSTREAM-HOST/v1/reports/7#top', '/v1/reports/7#top'],
    ['//UPSTREAM-HOST/v1/reports/7', '/v1/reports/7'],
    ['reports/7', '/v1/reports/7'],
    ['?page=2', '/v1/reports?page=2'],
    ['/v1/../admin', '/admin'],
  ])('to a place of its own is mapped to ours, and not followed: %s', async (given, shown) => {
    const location = given.replace('UPSTREAM-HOST', new URL(rig.upstream.url).host).replace('UPSTREAM', rig.upstream.url)
    const { token } = await rig.open()
    for (const host of [`localhost:${rig.port}`, `127.0.0.1:${rig.port}`]) {
      redirect(302, location)
      const answer = await sendRaw(rig.port, rawRequest('GET /v1/reports HTTP/1.1', [`Host: ${host}`, `Authorization: Bearer ${token}`]))
      expect([answer?.status, answer?.headers.get('location'), answer?.body]).toEqual([302, `http://${host}${shown}`, 'moved'])
      expect(answer?.headers.has('countersign-withheld')).toBe(false)
      expect(rig.upstream.received).toHaveLength(1)
    }
  })

  it('that says no place is passed on', async () => {
    redirect(300)
    const { token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, answer.body, answer.headers.has('location')]).toEqual([300, 'moved', false])
  })
})

describe('GW-11 the Location of what was made', () => {
  const post = async (location: string) => {
    redirect(201, location)
    const { token } = await rig.open({ scopes: ['reports:write'] })
    return rig.send('POST /v1/reports', token, ['Content-Type: application/json', 'Content-Length: 2'], '{}')
  }

  it('is mapped', async () => {
    const answer = await post('reports/8')
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `http://localhost:${rig.port}/v1/reports/8`])
  })

  it('is left out where it leads elsewhere: the answer is passed on, as it was made', async () => {
    const answer = await post('https://evil.example/8')
    expect([answer.status, answer.headers.has('location'), answer.headers.get('countersign-withheld'), answer.body]).toEqual([
      201,
      false,
      'location',
      'moved',
    ])
    expect(await outcomeOf(answer.headers.get('x-request-id'))).toEqual([
      'SUPPORT_SESSION.REQUEST.COMPLETED',
      'ok',
      201,
      'Its Location leads to https://evil.example.',
    ])
  })
})
