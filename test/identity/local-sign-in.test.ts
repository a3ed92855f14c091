import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { securityHeaders } from '../../server/src/http/headers.ts'
import { localPeople } from '../../server/src/identity/local-provider/people.ts'
import { newVisitor, signIn } from '../support/browser.ts'
import { type SignInDoor, startSignInDoor } from '../support/sign-in-door.ts'

const own = securityHeaders(undefined)

let door: SignInDoor
beforeAll(async () => {
  door = await startSignInDoor()
})
afterAll(() => door?.close())

const html = { accept: 'text/html,application/xhtml+xml' }

describe('the local provider', () => {
  it.each(localPeople.filter(({ roles }) => roles.length > 0))(
    'X5 signs in $login with one click',
    async ({ login, name, email, roles }) => {
      const visitor = await signIn(door.url, login)
      const me = await visitor.get('/api/me')
      expect(me.status).toBe(200)
      expect(await me.json()).toMatchObject({ staff: { name, email, roles }, local_sign_in: true, example_data: false })
      const event = (await door.events()).findLast(({ action }) => action === 'AUTH.SIGNED_IN')
      expect(event).toMatchObject({
        result: 'ok',
        actor: { kind: 'staff', issuer: `${door.url}/local-oidc`, subject: login, email },
        details: { roles },
      })
    },
  )

  it('C1 shows eve, who has no role, a page that says so, and signs nobody in', async () => {
    const eve = newVisitor(door.url)
    let response = await eve.get('/auth/sign-in?as=eve', html)
    while (!response.headers.get('location')?.startsWith('/sign-in')) {
      response = await eve.get(new URL(response.headers.get('location') as string, door.url).href, html)
    }
    const event = (await door.events()).at(-1)
    expect(response.headers.get('location')).toBe(`/sign-in?refused=no_role&request_id=${event?.request?.id}`)
    expect(event).toMatchObject({ action: 'AUTH.DENIED', code: 'no_role', details: { subject: 'eve' } })
    expect((await eve.get('/api/me')).status).toBe(401)
  })

  it('lists the people where nobody was named, and signs in the one chosen', async () => {
    const visitor = newVisitor(door.url)
    let response = await visitor.get('/auth/sign-in?return_to=/tenants', html)
    while (response.status === 303) response = await visitor.get(new URL(response.headers.get('location') as string, door.url).href, html)
    const page = await response.text()
    for (const { name, email } of localPeople) expect(page).toContain(`<strong>${name}</strong><small>${email}`)
    expect(page).not.toMatch(/<script|<style| style=| on[a-z]+=/)
    const style = /<link rel="stylesheet" href="([^"]+)">/.exec(page)?.[1] as string
    expect((await visitor.get(style)).headers.get('content-type')).toBe('text/css; charset=utf-8')
    response = await visitor.get(/href="([^"]+\/mgr)"/.exec(page)?.[1] as string, html)
    while (response.headers.get('location') !== '/tenants') response = await visitor.get(response.headers.get('location') as string, html)
    expect(await (await visitor.get('/api/me')).json()).toMatchObject({ staff: { email: 'mgr@vendor.example' } })
  })

  it('asks anew who somebody is, also in the browser of the one before', async () => {
    const visitor = await signIn(door.url, 'rob')
    let response = await visitor.get('/auth/sign-in?as=val', html)
    while (response.headers.get('location') !== '/')
      response = await visitor.get(new URL(response.headers.get('location') as string, door.url).href, html)
    expect(await (await visitor.get('/api/me')).json()).toMatchObject({ staff: { email: 'val@vendor.example' } })
  })

  it('answers what cannot go on with a page of its own', async () => {
    for (const path of ['/local-oidc/interaction/none', '/local-oidc/interaction/none/rob', '/local-oidc/auth/none', '/local-oidc/auth']) {
      const response = await newVisitor(door.url).get(path, html)
      expect([path, response.status, response.headers.get('content-type')]).toEqual([path, 400, 'text/html; charset=utf-8'])
      expect(await response.text()).toContain('This sign-in cannot go on')
    }
  })

  it.each([
    '/local-oidc/.well-known/openid-configuration',
    '/local-oidc/jwks',
    '/local-oidc/style.css',
    '/local-oidc/auth',
    '/local-oidc/auth?client_id=countersign&response_type=code',
    '/local-oidc/interaction/none',
    '/local-oidc/session/end',
    '/local-oidc/none',
    '/auth/sign-in?as=rob',
    '/auth/sign-in?return_to=//evil.example',
    '/auth/callback',
    '/api/sign-in/options',
    '/api/me',
  ])('WB-1 WB-4 carries the same headers as every page, and lets no other site read: %s', async (path) => {
    const response = await newVisitor(door.url).get(path, { ...html, origin: 'https://evil.example' })
    expect(Object.fromEntries(Object.keys(own).map((name) => [name, response.headers.get(name)]))).toEqual(own)
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-') || name === 'x-powered-by')).toEqual([])
  })

  it('WB-1 lets the provider loosen nothing where it would answer with a script in the page', async () => {
    const visitor = newVisitor(door.url)
    const url = new URL((await visitor.get('/auth/sign-in?as=rob')).headers.get('location') as string)
    url.searchParams.set('response_mode', 'form_post')
    url.searchParams.set('prompt', 'none')
    const response = await visitor.get(url.href, html)
    expect(await response.text()).toContain('<form')
    expect(response.headers.get('content-security-policy')).toBe(own['content-security-policy'])
  })

  it('tells the sign-in page who there is', async () => {
    const options = (await (await newVisitor(door.url).get('/api/sign-in/options')).json()) as object
    expect(options).toEqual({ local_people: localPeople, issuer: new URL(door.url).host })
  })
})
