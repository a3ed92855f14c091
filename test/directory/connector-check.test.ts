import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { actNames } from '@countersign/contract/connector.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runConnectorCheck } from '../../server/src/cli/connector.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { type DirectoryServer, type Fault, newPerson, newTenant, smallWorld, startDirectory } from '../support/directory.ts'

const dir = mkdtempSync(join(tmpdir(), 'countersign-check-'))
const keys = loadKeys(dir)
let directory: DirectoryServer

type Result = { code: number; failed: string[]; warned: string[]; untested: string[]; names: string[]; text: string }
const check = async (url = directory.url, expendableUser?: string): Promise<Result> => {
  let text = ''
  const options = { url, audience: directory.audience, issuer: directory.issuer, keys, expendableUser, json: true }
  const code = await runConnectorCheck({ ...options, write: (more) => (text += more) })
  const findings: { name: string; result: string }[] = JSON.parse(text).findings
  const named = (wanted: string) => findings.filter(({ result }) => result === wanted).map(({ name }) => name)
  const names = findings.map(({ name }) => name)
  return { code, text, names, failed: named('failed'), warned: named('warning'), untested: named('untested') }
}

beforeAll(async () => {
  directory = await startDirectory({ jwk: keys.assertion.publicJwk })
})
afterEach(() => {
  directory.fault = undefined
  directory.careless.clear()
  directory.effects.length = 0
  directory.world = smallWorld()
  directory.features = ['user_lists', 'tenant_details']
})
afterAll(async () => {
  await directory.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('countersign connector check', () => {
  it('finds nothing wrong with an honest directory, and says so', async () => {
    directory.world.tenants = Array.from({ length: 450 }, (_, n) => newTenant(n))
    let text = ''
    const options = { url: directory.url, audience: directory.audience, issuer: directory.issuer, keys, json: false }
    expect(await runConnectorCheck({ ...options, write: (more) => (text += more) }), text).toBe(0)
    expect(text).toMatch(/ok {4}the list of tenants ends, and repeats nothing: 450 tenants on 3 pages/)
    expect(text).toMatch(/36 passed, 0 failed/)
  })

  it('leaves out what a product does not offer, and finds what it offers wrongly', async () => {
    const left = await check(directory.url)
    expect(left.text).not.toContain('left out: user_lists')
    const ignoring = directory.world.people
    directory.world.people = [...ignoring, newPerson(90, 'ten_0001', { status: 'suspended', role: 'guest' })]
    directory.fault = ({ path, query }, response) => {
      if (!path.endsWith('/users') || path === '/users') return
      const items = directory.world.people.map(({ user }) => user).filter(({ tenant_id }) => path.includes(tenant_id))
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ items: items.slice(0, Number(query.get('limit'))), next_cursor: null }))
    }
    expect((await check(directory.url)).failed).toEqual([
      'small pages show the same users of a tenant',
      'the users of an unknown tenant are not found',
      'the users of a tenant can be searched',
      'the users of a tenant can be narrowed',
      'the users of a tenant can be sorted',
    ])
    directory.fault = undefined
    directory.features = []
    expect((await check(directory.url)).text).toContain('left out: user_lists is not among its features')
  })

  it.each([
    ['token', ['a call without a token is refused', 'a refusal says why, as JSON']],
    [
      'signature',
      [
        'an unsigned token is refused',
        "another key's signature is refused",
        'an expired token is refused',
        'a token without an end is refused',
      ],
    ],
    ['iss', ["another issuer's token is refused"]],
    ['aud', ['a token for another audience is refused']],
    ['exp', ['an expired token is refused', 'a token without an end is refused']],
    ['lifetime', ['a token that lives for a day is refused']],
    ['htm', ['a token for another method is refused']],
    ['htu', ['a token for another address is refused']],
    ['body_sha256', ['a token for another body is refused']],
    ['jti', ['a token that was used before is refused']],
  ] as const)('names what one forgets that does not look at %s', async (what, failed) => {
    directory.careless.add(what)
    expect(await check()).toMatchObject({ code: 1, failed })
  })

  const page = (items: unknown[], next_cursor: string | null) => JSON.stringify({ items, next_cursor, sync_token: null })
  const json = { 'content-type': 'application/json' }
  const when = (test: (path: string, query: URLSearchParams) => boolean, status: number, body: string): Fault => {
    return ({ path, query }, response) => {
      if (test(path, query)) response.writeHead(status, json).end(body)
    }
  }
  const crowd = Array.from(
    { length: 30 },
    (_, n) => newPerson(n, 'ten_0001', n === 1 ? {} : { email: `somebody.else${n}@example.com` }).user,
  )
  const wrong: [what: string, fault: Fault, failed: string][] = [
    [
      'a page larger than asked for',
      when(
        (path) => path === '/tenants',
        200,
        page(
          Array.from({ length: 9 }, (_, n) => newTenant(n)),
          null,
        ),
      ),
      'tenants come by pages',
    ],
    [
      'a list that does not end',
      when((path, query) => path === '/tenants' && query.has('cursor'), 200, page([newTenant(1)], 'again')),
      'the list of tenants ends, and repeats nothing',
    ],
    [
      "another tenant's user in a list",
      when((path) => path.endsWith('/users') && path !== '/users', 200, page([newPerson(1, 'ten_0003').user], null)),
      "a tenant's users are its own, by pages",
    ],
    [
      'a search that finds nobody',
      when((path) => path === '/users', 200, '{"items":[]}'),
      'a user is found by the start of the e-mail address',
    ],
    [
      'a whole address that finds thirty',
      when((path, query) => path === '/users' && query.get('query') === 'person1@example.com', 200, JSON.stringify({ items: crowd })),
      'a whole e-mail address finds its user alone',
    ],
    ['200 for what does not exist', when((path) => path.includes('none'), 200, '{}'), 'an unknown user is not found'],
    [
      'another user',
      when((path) => path === '/users/usr_0001', 200, JSON.stringify(newPerson(2, 'ten_0001'))),
      'a user is shown with factors and sessions',
    ],
    ['500 for an odd id', when((path) => path.includes('%2F'), 500, '{}'), 'an odd id is not found either'],
    ['HTML', when((path) => path === '/', 200, '<html>'), 'a signed call is answered'],
  ]
  it.each(wrong)('names %s', async (_what, fault, failed) => {
    if (failed.startsWith('the list')) directory.world.tenants = Array.from({ length: 450 }, (_, n) => newTenant(n))
    directory.fault = fault
    const result = await check()
    expect(result.code).toBe(1)
    expect(result.failed).toContain(failed)
  })

  const advised: [what: string, fault: Fault, warned: string][] = [
    ['no sync_token', when((path) => path === '/tenants', 200, page([newTenant(1)], null)), 'an incremental read shows what changed'],
    [
      'a swapped letter that finds thirty',
      when((path, query) => path === '/users' && query.get('query') === 'perosn1@example.com', 200, JSON.stringify({ items: crowd })),
      'a user is found in spite of a typing error, without others',
    ],
    [
      'a swapped letter that finds nobody',
      when((path, query) => path === '/users' && query.get('query') === 'perosn1@example.com', 200, JSON.stringify({ items: [] })),
      'a user is found in spite of a typing error, without others',
    ],
  ]
  it.each(advised)('warns of %s, which the protocol only advises against, and does not fail', async (_what, fault, warned) => {
    directory.fault = fault
    expect(await check()).toMatchObject({ code: 0, failed: [], warned: [warned] })
  })

  const paging = ['small pages show the same tenants', 'small pages show the same users of a tenant']

  it('tries the paging with two rows, and says where there were too few to try it', async () => {
    directory.world.tenants = [newTenant(1), newTenant(2)]
    expect((await check()).names).toEqual(expect.arrayContaining(paging))
    expect((await check()).untested).toEqual([])
    directory.world = { tenants: [newTenant(1)], people: [newPerson(1, 'ten_0001')] }
    expect(await check()).toMatchObject({ code: 0, failed: [], untested: paging })
  })

  const rows = (path: string) =>
    path === '/tenants' ? directory.world.tenants : directory.world.people.map(({ user }) => user).slice(0, 2)
  const isList = (path: string) => path === '/tenants' || /^\/tenants\/ten_0001\/users$/.test(path)
  it.each<[string, Fault]>([
    [
      'ignores `limit`',
      ({ path }, response) => {
        if (isList(path)) response.writeHead(200, json).end(page(rows(path), null))
      },
    ],
    [
      'ends the list with its first page',
      ({ path, query }, response) => {
        if (isList(path)) response.writeHead(200, json).end(page(rows(path).slice(0, Number(query.get('limit'))), null))
      },
    ],
    [
      'ignores `cursor`',
      ({ path, query }, response) => {
        const limit = Number(query.get('limit'))
        if (isList(path)) response.writeHead(200, json).end(page(rows(path).slice(0, limit), rows(path).length > limit ? 'more' : null))
      },
    ],
  ])('names one that %s', async (_what, fault) => {
    directory.fault = fault
    expect((await check()).failed).toEqual(expect.arrayContaining(paging))
  })

  describe('with a user who can be spared', () => {
    const userId = 'usr_0003'
    const person = () => directory.world.people.find(({ user }) => user.id === userId)

    it('does every act to this user and to nobody else, and leaves the user able to sign in', async () => {
      const { code, text, names } = await check(directory.url, userId)
      expect(code, text).toBe(0)
      expect(new Set(directory.effects.map(({ target }) => target))).toEqual(new Set([userId]))
      expect(new Set(directory.effects.map(({ act }) => act))).toEqual(new Set(actNames.filter((act) => act !== 'force_logout')))
      expect(new Set(directory.effects.map(({ id }) => id)).size).toBe(directory.effects.length)
      expect(person()).toMatchObject({ user: { status: 'active' }, factors: [], sessions: [] })
      expect(names.length).toBe(36 + 20)
    })

    it('says who it is, and without one that acts are left out', async () => {
      let text = ''
      const options = { url: directory.url, audience: directory.audience, issuer: directory.issuer, keys, json: false }
      const write = (more: string) => (text += more)
      await runConnectorCheck({ ...options, expendableUser: userId, write })
      expect(text).toContain(`acts are done to ${userId}`)
      text = ''
      directory.effects.length = 0
      await runConnectorCheck({ ...options, write })
      expect(text).toContain('acts are not tested: to test them, name a user')
      expect(directory.effects).toEqual([])
    })

    it.each([
      ['exp', 'an expired act is refused'],
      ['body_sha256', 'an act with another body is refused'],
      ['key', 'an act without an id is refused'],
      ['operation', 'an act under another id is refused'],
      ['operation', 'an act in the name of another is refused'],
      ['parameters', 'foreign parameters are refused'],
      ['unknown_act', 'an unknown act is refused'],
      ['unknown_act', "a tenant's act on a user is refused"],
      ['idempotency', 'revoke_sessions is done, once, and shows'],
      ['idempotency', 'an act that comes four times at once has one outcome'],
      ['reuse', 'an id stands for one act'],
      ['outcome', 'send_magic_link is done, once, and shows'],
      ['effect', 'reset_passkey is done, once, and shows'],
      ['effect', 'suspend_account is done, once, and shows'],
    ] as const)('names what one gets wrong that is careless about %s: %s', async (what, failed) => {
      directory.careless.add(what)
      const result = await check(directory.url, userId)
      expect(result.code).toBe(1)
      expect(result.failed).toContain(failed)
    })

    it('tries nothing where no acts are named, or where there is no such user', async () => {
      expect((await check(directory.url, 'usr_none')).failed).toEqual(['the expendable user is there'])
      directory.fault = when((path) => path === '/', 200, JSON.stringify({ protocol: 'countersign-connector/1', product: 'x' }))
      expect((await check(directory.url, userId)).failed).toEqual(['it names its acts'])
      expect(directory.effects).toEqual([])
    })

    it('leaves out what is not named, and does not suspend a user whom it could not restore', async () => {
      const acts = ['suspend_account', 'revoke_sessions']
      directory.fault = when((path) => path === '/', 200, JSON.stringify({ protocol: 'countersign-connector/1', product: 'x', acts }))
      const { code, text } = await check(directory.url, userId)
      expect(code, text).toBe(0)
      expect(text).toContain('left out: it could not be restored')
      expect(new Set(directory.effects.map(({ act }) => act))).toEqual(new Set(['revoke_sessions']))
    })
  })

  it('stops where nobody answers', async () => {
    expect(await check('http://127.0.0.1:9')).toMatchObject({ code: 1, names: ['reachable'], failed: ['reachable'] })
  })

  it('XS-1 prints what a directory sends inert', async () => {
    directory.fault = when(
      (path) => path === '/',
      200,
      JSON.stringify({ protocol: 'countersign-connector/1', product: '\u001b]8;;http://evil\u0007\u202e' }),
    )
    let text = ''
    const options = { url: directory.url, audience: directory.audience, issuer: directory.issuer, keys, json: false }
    await runConnectorCheck({ ...options, write: (more) => (text += more) })
    expect(text).toContain('\\u{1b}]8;;http://evil\\u{7}\\u{202e}')
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
  })
})
