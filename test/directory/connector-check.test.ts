import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runConnectorCheck } from '../../server/src/cli/connector.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { type DirectoryServer, type Fault, newPerson, newTenant, smallWorld, startDirectory } from '../support/directory.ts'

const dir = mkdtempSync(join(tmpdir(), 'countersign-check-'))
const keys = loadKeys(dir)
let directory: DirectoryServer

const check = async (url = directory.url): Promise<{ code: number; failed: string[]; names: string[]; text: string }> => {
  let text = ''
  const options = { url, audience: directory.audience, issuer: directory.issuer, keys, json: true }
  const code = await runConnectorCheck({ ...options, write: (more) => (text += more) })
  const findings: { name: string; ok: boolean }[] = JSON.parse(text).findings
  return { code, text, names: findings.map(({ name }) => name), failed: findings.filter(({ ok }) => !ok).map(({ name }) => name) }
}

beforeAll(async () => {
  directory = await startDirectory({ jwk: keys.assertion.publicJwk })
})
afterEach(() => {
  directory.fault = undefined
  directory.careless.clear()
  directory.world = smallWorld()
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
    expect(text).toMatch(/29 passed, 0 failed/)
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
    ['no sync_token', when((path) => path === '/tenants', 200, page([newTenant(1)], null)), 'an incremental read shows what changed'],
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
