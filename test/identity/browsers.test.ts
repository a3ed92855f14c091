import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sessionCookie } from '../../server/src/identity/cookies.ts'
import { openIssuer } from '../../server/src/identity/issuer/open.ts'
import { newVisitor, type Visitor } from '../support/browser.ts'
import { expectRefused, type IssuerDoor, reachCallback, signInAt, startIssuerDoor } from '../support/sign-in-door.ts'

let door: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor()
})
afterAll(() => door?.close())
afterEach(async () => {
  door.issuer.instead.clear()
  await door.database.store.db.updateTable('staff_sessions').set({ ended_at: new Date() }).execute()
})

const isSignedIn = async (visitor: Visitor): Promise<boolean> => (await visitor.get('/api/me')).status === 200

describe('what browsers do on the way', () => {
  it('AN-2 back, reload or a restored tab: the answer is refused a second time, and the person stays signed in', async () => {
    const rob = newVisitor(door.url)
    const callback = await reachCallback(rob)
    expect((await rob.get(callback.href)).status).toBe(303)
    await expectRefused(door, await rob.get(callback.href), {
      code: 'sign_in_stale',
      note: /^the state is unknown, used or too old$/,
      sessions: 1,
    })
    expect(await isSignedIn(rob)).toBe(true)
  })

  it('AN-7 the same address where that sign-in is not held: it ends', async () => {
    const rob = newVisitor(door.url)
    const callback = await reachCallback(rob)
    await rob.get(callback.href)
    await expectRefused(door, await newVisitor(door.url).get(callback.href), { code: 'sign_in_stale', note: /was ended$/ })
    expect(await isSignedIn(rob)).toBe(false)
  })

  it('AN-7 a later sign-in of the same browser does not vouch for the code of an earlier one', async () => {
    const [rob, other] = [newVisitor(door.url), newVisitor(door.url)]
    const callback = await reachCallback(rob)
    await rob.get(callback.href)
    await signInAt(other)
    await expectRefused(door, await other.get(callback.href), { code: 'sign_in_stale', note: /was ended$/, sessions: 1 })
    expect([await isSignedIn(rob), await isSignedIn(other)]).toEqual([false, true])
  })

  it('two tabs that sign in at once both come out, and the second takes the first one\u2019s place', async () => {
    const rob = newVisitor(door.url)
    const [first, second] = [
      await reachCallback(rob, '/auth/sign-in?return_to=/tenants'),
      await reachCallback(rob, '/auth/sign-in?return_to=/audit'),
    ]
    for (const [callback, page] of [
      [first, '/tenants'],
      [second, '/audit'],
    ] as const) {
      const answer = await rob.get(callback.href)
      expect([answer.status, answer.headers.get('location')]).toEqual([303, page])
    }
    expect(await isSignedIn(rob)).toBe(true)
    expect(await door.database.store.db.selectFrom('staff_sessions').select('id').where('ended_at', 'is', null).execute()).toHaveLength(1)
  })

  it('a browser that keeps no cookies is told so, in words for the person and for the administrator', async () => {
    const rob = newVisitor(door.url)
    const callback = await reachCallback(rob)
    rob.cookies.clear()
    door.logged.length = 0
    const page = await rob.get(callback.href, { accept: 'text/html' })
    expect(page.headers.get('location')).toMatch(/refused=sign_in_stale/)
    expect(door.logged.join('')).toMatch(/sent no cookie of the sign-in: it is another one, it keeps no cookies/)
    const asked = await rob.get((await reachCallback(newVisitor(door.url))).href)
    expect(((await asked.json()) as { hint: string }).hint).toMatch(/keeps no cookies/)
    expect(rob.cookies.has(sessionCookie(door.url))).toBe(false)
  })
})

describe('what providers publish', () => {
  const publish = (keys: object[]): void => {
    door.issuer.instead.set('/jwks', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
    })
  }

  it('AN-9 keys without kid and alg, beside those of other kinds, and tokens without a kid', async () => {
    const fresh = await startIssuerDoor()
    try {
      const { issuer } = fresh
      const own = createPublicKey(issuer.key).export({ format: 'jwk' })
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
      issuer.instead.set('/jwks', (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [other, { ...own, use: 'sig' }] }))
      })
      issuer.token = ({ header: { kid: _, ...header }, ...parts }) => ({ header, ...parts })
      expect((await signInAt(newVisitor(fresh.url))).status).toBe(303)
    } finally {
      await fresh.close()
    }
  })

  it.each([
    ['/realms/staff', '/realms/staff'],
    ['/realms/staff', '/realms/staff/'],
    ['', '/'],
  ])('AN-4 an issuer with a path, or a slash at its end: configured as %s%s', async (path, slash) => {
    const { issuer } = door
    const itself = issuer.url + slash
    issuer.instead.set(`${path}/.well-known/openid-configuration`, (_request, response) => {
      const endpoints = { authorization_endpoint: `${itself}a`, token_endpoint: `${itself}t`, jwks_uri: `${itself}k` }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ issuer: itself, ...endpoints }))
    })
    const opened = openIssuer({ issuer: itself, client_id: 'x', scope: 'openid' })
    expect((await opened.configuration()).serverMetadata().issuer).toBe(itself)
  })

  it('AN-4 RFC 9207: an answer of another issuer is refused, and so is one without where the provider says that it sends it', async () => {
    for (const [change, note] of [
      [(query: URLSearchParams) => query.set('iss', 'https://evil.example'), /iss/],
      [(query: URLSearchParams) => query.delete('iss'), /iss/],
    ] as const) {
      const rob = newVisitor(door.url)
      const callback = await reachCallback(rob)
      change(callback.searchParams)
      await expectRefused(door, await rob.get(callback.href), { code: 'sign_in_refused', note })
    }
  })

  it('a set of keys that is empty is named', async () => {
    const fresh = await startIssuerDoor()
    try {
      fresh.issuer.instead.set('/jwks', (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":[]}')
      })
      const rob = newVisitor(fresh.url)
      const callback = await reachCallback(rob)
      await rob.get(callback.href, { accept: 'text/html' })
      expect(fresh.logged.join('')).toMatch(/signed with a key that it does not publish/)
    } finally {
      await fresh.close()
    }
    publish([])
  })
})
