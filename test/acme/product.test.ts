import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { journaled } from '../../examples/acme/src/journal.ts'
import { seededPassword } from '../../examples/acme/src/seed/people.ts'
import { Switches } from '../../examples/acme/src/signals/switches.ts'
import { startTraffic } from '../../examples/acme/src/traffic/run.ts'
import { type AcmeRig, assertionClaims, newIssuer, now, signIn, startAcme, trustedIssuer } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'acme-journal-'))
const journal = join(folder, 'requests.ndjson')
let acme: AcmeRig

type Line = { method: string; target: string; request_id: string | null; session_id: string | null; headers: [string, string][] }
const lines = () =>
  readFileSync(journal, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

beforeAll(async () => {
  acme = await startAcme({ ACME_REQUEST_JOURNAL: journal })
})

afterAll(async () => {
  await acme?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const target = '/v1/attestations?limit=3'
const refusal = async (response: Response) => {
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  const { code, detail } = (await response.json()) as { code: string; detail: string }
  return { status: response.status, code, detail }
}

describe('a support assertion', () => {
  it('lets one request of its tenant through', async () => {
    const response = await acme.support('GET', target)
    expect(response.status).toBe(200)
    const { items } = (await response.json()) as { items: { id: string }[] }
    expect(items).toHaveLength(3)
    const [tenant] = await acme.sql<{ tenant_id: string }>('SELECT tenant_id FROM attestations WHERE id = $1', [items[0]?.id])
    expect(tenant?.tenant_id).toBe('ten_globex')
  })

  it('writes on behalf of the staff member whom it names', async () => {
    const body = { kind: 'device', subject: 'Router R-1' }
    const response = await acme.support('POST', '/v1/attestations', { scope: 'attestations:write', body })
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ subject: 'Router R-1', issued_by: 'support:rob@vendor.example', status: 'valid' })
  })

  it('about one user is refused for a user of another tenant', async () => {
    const mine = await acme.support('GET', '/v1/notifications', { scope: 'notifications:read', claims: { sub: 'usr_eve_globex' } })
    expect(mine.status).toBe(200)
    const { items } = (await mine.json()) as { items: { user_id: string }[] }
    expect(new Set(items.map((item) => item.user_id))).toEqual(new Set(['usr_eve_globex']))
    const other = await acme.support('GET', '/v1/notifications', { scope: 'notifications:read', claims: { sub: 'usr_bill_initech' } })
    expect(await refusal(other)).toMatchObject({ status: 404, code: 'not_found' })
  })

  const wrong: [string, Record<string, unknown>, string, RegExp][] = [
    ['another issuer', { iss: 'https://evil.example' }, 'bad_assertion', /"iss"/],
    ['another audience', { aud: 'acme-connector' }, 'bad_assertion', /"aud"/],
    ['an exp in the past', { iat: now() - 90, exp: now() - 60 }, 'bad_assertion', /"exp"/],
    ['a life of over 60 s', { exp: now() + 120 }, 'bad_assertion', /longer than 60 s/],
    ['no exp', { exp: undefined }, 'bad_assertion', /"exp"/],
    ['no iat', { iat: undefined }, 'bad_assertion', /"iat"/],
    ['an iat in the future', { iat: now() + 40, exp: now() + 60 }, 'bad_assertion', /future/],
    ['no jti', { jti: undefined }, 'bad_assertion', /"jti"/],
    ['another method', { htm: 'POST' }, 'bad_assertion', /htm/],
    ['another target', { htu: '/v1/attestations?limit=4' }, 'bad_assertion', /htu/],
    ['no target', { htu: undefined }, 'bad_assertion', /htu/],
    ['another scope', { scope: 'billing:read' }, 'out_of_scope', /attestations:read/],
    ['no scope', { scope: undefined }, 'bad_assertion', /scope/],
    ['no tenant', { tenant_id: undefined }, 'bad_assertion', /tenant_id/],
    ['an unknown tenant', { tenant_id: 'ten_none', sub: 'ten_none' }, 'not_found', /tenant/],
    ['nobody behind it', { act: undefined }, 'bad_assertion', /act/],
  ]
  for (const [what, claims, code, detail] of wrong) {
    it(`GW-10 is refused with ${what}`, async () => {
      expect(await refusal(await acme.support('GET', target, { claims }))).toMatchObject({ code, detail: expect.stringMatching(detail) })
    })
  }

  it('GW-10 is refused when it was used before', async () => {
    const assertion = await acme.issuer.sign(assertionClaims('GET', target))
    const send = () => fetch(acme.url + target, { headers: { 'countersign-assertion': assertion } })
    expect((await send()).status).toBe(200)
    expect(await refusal(await send())).toMatchObject({ status: 401, code: 'replayed' })
  })

  it('GW-10 is refused when somebody else signed it, even beside a good sign-in', async () => {
    const impostor = await newIssuer()
    const cookie = await signIn(acme.url, 'eve@globex.example', seededPassword)
    const forged = await impostor.sign(assertionClaims('GET', target))
    const response = await fetch(acme.url + target, { headers: { 'countersign-assertion': forged, cookie } })
    expect(await refusal(response)).toMatchObject({ status: 401, code: 'bad_assertion' })
    await impostor.close()
  })

  it('GW-10 is refused without a signature, and when a byte of it was changed', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = `${part({ alg: 'none' })}.${part(assertionClaims('GET', target))}.`
    const [header, , signature] = (await acme.issuer.sign(assertionClaims('GET', target))).split('.')
    const changed = `${header}.${part(assertionClaims('GET', target, { tenant_id: 'ten_initech', sub: 'ten_initech' }))}.${signature}`
    for (const assertion of [unsigned, changed, 'x', '']) {
      const response = await fetch(acme.url + target, { headers: { 'countersign-assertion': assertion } })
      expect(await refusal(response), assertion).toMatchObject({ status: 401, code: 'bad_assertion' })
    }
  })

  it("AZ: another tenant's things are not found", async () => {
    const [theirs] = await acme.sql<{ id: string }>(`SELECT id FROM attestations WHERE tenant_id = 'ten_initech' LIMIT 1`)
    expect(await refusal(await acme.support('GET', `/v1/attestations/${theirs?.id}`))).toMatchObject({ status: 404 })
    const summary = await acme.support('GET', '/v1/tenants/ten_initech/summary', { scope: 'tenant:read' })
    expect(await refusal(summary)).toMatchObject({ status: 404, code: 'not_found' })
  })

  it('opens none of the routes that are for the person alone', async () => {
    for (const [method, path] of [
      ['POST', '/v1/account/password'],
      ['POST', '/v1/api-keys'],
      ['DELETE', '/v1/account'],
      ['GET', '/v1/account/logout-everywhere'],
    ] as const) {
      expect(await refusal(await acme.support(method, path)), path).toMatchObject({ status: 403, code: 'not_for_support' })
    }
  })
})

describe('a person', () => {
  let cookie: string
  const as = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(acme.url + path, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  beforeAll(async () => {
    cookie = await signIn(acme.url, 'eve@globex.example', seededPassword)
  })

  it('without a session is asked to sign in', async () => {
    expect(await refusal(await fetch(acme.url + target))).toMatchObject({ status: 401, code: 'not_signed_in' })
  })

  it('works in their own organisation', async () => {
    for (const path of [
      '/v1/attestations',
      '/v1/billing/settings',
      '/v1/billing/invoices',
      '/v1/members',
      '/v1/exports',
      '/v1/usage',
      '/v1/notifications',
      '/v1/tenants/ten_globex/summary',
    ]) {
      expect((await as('GET', path)).status, path).toBe(200)
    }
    expect((await as('GET', '/v1/tenants/ten_initech/summary')).status).toBe(404)
  })

  it('pages through a list without losing or doubling a row', async () => {
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page = (await (await as('GET', `/v1/members?limit=150${cursor ? `&cursor=${cursor}` : ''}`)).json()) as {
        items: { id: string }[]
        next_cursor: string | null
      }
      ids.push(...page.items.map((item) => item.id))
      cursor = page.next_cursor
    } while (cursor)
    expect(ids).toHaveLength(412)
    expect(new Set(ids).size).toBe(412)
    const first = (await (await as('GET', '/v1/attestations?limit=7')).json()) as { items: { id: string }[]; next_cursor: string }
    const rest = (await (await as('GET', `/v1/attestations?limit=7&cursor=${first.next_cursor}`)).json()) as { items: { id: string }[] }
    const all = (await (await as('GET', '/v1/attestations?limit=14')).json()) as { items: { id: string }[] }
    expect([...first.items, ...rest.items].map((item) => item.id)).toEqual(all.items.map((item) => item.id))
  })

  it('issues an attestation and revokes it once', async () => {
    const issued = (await (await as('POST', '/v1/attestations', { kind: 'document', subject: 'Audit report 7' })).json()) as { id: string }
    const revoke = () => as('POST', `/v1/attestations/${issued.id}/revocation`, { reason: 'issued in error' })
    expect((await revoke()).status).toBe(201)
    expect(await refusal(await revoke())).toMatchObject({ status: 409, code: 'conflict' })
  })

  it('marks a notification as read by opening it: a GET that changes something', async () => {
    const read = async () =>
      (await acme.sql<{ read_at: Date | null }>(`SELECT read_at FROM notifications WHERE id = 'ntf_globex_2'`))[0]?.read_at
    expect(await read()).toBeNull()
    expect((await as('GET', '/v1/notifications/ntf_globex_2')).status).toBe(200)
    expect(await read()).toBeInstanceOf(Date)
    const closed = await acme.support('GET', '/v1/notifications/ntf_globex_1', { scope: 'notifications:read' })
    expect(await refusal(closed)).toMatchObject({ status: 403, code: 'out_of_scope' })
    expect(await acme.sql(`SELECT 1 FROM notifications WHERE id = 'ntf_globex_1' AND read_at IS NOT NULL`)).toEqual([])
  })

  it('who is a plain member may not change billing; a page of another site may change nothing', async () => {
    const change = { invoice_note: 'PO 1' }
    expect(await refusal(await as('PATCH', '/v1/billing/settings', change))).toMatchObject({ code: 'not_permitted' })
    expect(await refusal(await as('PATCH', '/v1/billing/settings', change, { origin: 'https://evil.example' }))).toMatchObject({
      code: 'cross_origin',
    })
    const changed = await acme.support('PATCH', '/v1/billing/settings', { scope: 'billing:write', body: change })
    expect(await changed.json()).toMatchObject({ invoice_note: 'PO 1' })
  })

  it('gets a clear answer to bad input', async () => {
    expect(await refusal(await as('GET', '/v1/attestations?limit=many'))).toMatchObject({ status: 400, code: 'bad_request' })
    expect(await refusal(await as('GET', '/v1/attestations?cursor=e30'))).toMatchObject({ status: 400, code: 'bad_request' })
    expect(await refusal(await as('POST', '/v1/attestations', { kind: 'device', subject: 'x'.repeat(2_000_000) }))).toMatchObject({
      status: 413,
      code: 'too_large',
    })
    const broken = await fetch(`${acme.url}/v1/attestations`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: '{',
    })
    expect(await refusal(broken)).toMatchObject({ status: 400, code: 'bad_request' })
  })

  it('downloads an export in which no cell is a formula', async () => {
    const response = await as('GET', '/v1/exports/exp_globex_members/download')
    expect(response.headers.get('content-type')).toContain('text/csv')
    const rows = (await response.text()).trimEnd().split('\r\n')
    expect(rows).toHaveLength(413)
    expect(rows.find((row) => row.includes('calc'))).toContain("'=cmd|")
  })

  it('changes their own password, and ends all their sessions by the unsafe GET', async () => {
    cookie = await signIn(acme.url, 'bill@initech.example', seededPassword)
    const next = 'another long password'
    expect((await as('POST', '/v1/account/password', { current_password: 'wrong', new_password: next })).status).toBe(400)
    expect((await as('POST', '/v1/account/password', { current_password: seededPassword, new_password: next })).status).toBe(204)
    expect((await as('POST', '/v1/api-keys', { name: 'CI' })).status).toBe(201)
    await expect(signIn(acme.url, 'bill@initech.example', seededPassword)).rejects.toThrow('401')
    expect((await as('GET', '/v1/account/logout-everywhere')).status).toBe(204)
    expect((await as('GET', target)).status).toBe(401)
  })

  it('is asked for the second factor where there is one', async () => {
    const response = await fetch(`${acme.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'milton@initech.example', password: seededPassword }),
    })
    expect(await response.json()).toMatchObject({ twoFactorRedirect: true })
  })
})

describe('a stream', () => {
  it('of events starts at once, shows what happens, and ends only with the connection', async () => {
    const ended = new AbortController()
    const path = '/v1/events'
    const response = await fetch(acme.url + path, {
      headers: { 'countersign-assertion': await acme.issuer.sign(assertionClaims('GET', path, { scope: 'activity:read' })) },
      signal: ended.signal,
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let seen = ''
    const until = async (word: string) => {
      while (!seen.includes(word)) seen += (await reader?.read())?.value ?? ''
    }
    await until('event: ')
    const issued = await acme.support('POST', '/v1/attestations', {
      scope: 'attestations:write',
      body: { kind: 'build', subject: 'web 1.2.3' },
    })
    await until(((await issued.json()) as { id: string }).id)
    ended.abort()
  })

  it('of a download keeps to its rate', async () => {
    const path = '/v1/exports/exp_globex_attestations/download?rate=4000'
    const ended = new AbortController()
    const started = performance.now()
    const response = await fetch(acme.url + path, {
      headers: { 'countersign-assertion': await acme.issuer.sign(assertionClaims('GET', path, { scope: 'exports:read' })) },
      signal: ended.signal,
    })
    let bytes = 0
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length
      if (bytes >= 2000) break
    }
    expect(performance.now() - started).toBeGreaterThan(300)
    ended.abort()
  })
})

describe('the journal', () => {
  it('has a request before its handler runs, and without its secrets', async () => {
    const session = `ses_${'a'.repeat(32)}`
    const claims = assertionClaims('GET', '/v1/events?journal=1', { scope: 'activity:read', sid: session })
    const ended = new AbortController()
    const assertion = await acme.issuer.sign(claims)
    await fetch(`${acme.url}/v1/events?journal=1`, {
      headers: { 'countersign-assertion': assertion, 'countersign-request-id': 'req_1', cookie: 'a=secret', 'x-other': 'kept' },
      signal: ended.signal,
    })
    const line = lines().find((one) => one.target === '/v1/events?journal=1')
    expect(line).toMatchObject({ method: 'GET', request_id: 'req_1', session_id: session })
    expect(line?.headers).toContainEqual(['x-other', 'kept'])
    expect(JSON.stringify(line)).not.toContain('a=secret')
    expect(JSON.stringify(line)).not.toContain(assertion)
    ended.abort()
  })

  it('is first: what cannot be written down is not handled', async () => {
    const order: string[] = []
    let write = () => {}
    let record = () =>
      new Promise<void>((done) => {
        write = () => {
          order.push('written')
          done()
        }
      })
    const http = createServer(
      journaled({ record: () => record() }, (_request, response) => {
        order.push('handled')
        response.end()
      }),
    )
    await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    const asked = once(http, 'request')
    const answered = fetch(url)
    await asked
    expect(order).toEqual([])
    write()
    await answered
    expect(order).toEqual(['written', 'handled'])

    record = () => Promise.reject(new Error('disk full'))
    expect((await fetch(url)).status).toBe(503)
    expect(order).toHaveLength(2)
    http.close()
  })

  it('has what the router refuses too, every one of many at once', async () => {
    const path = '/v1/%zz'
    await new Promise<void>((done, failed) => {
      const { port } = new URL(acme.url)
      request({ port, path, method: 'GET' }, (response) => response.resume().on('end', done))
        .on('error', failed)
        .end()
    })
    expect(lines().some((line) => line.target === path)).toBe(true)
    await Promise.all(Array.from({ length: 200 }, (_, n) => fetch(`${acme.url}/v1/many/${n}`).then((response) => response.arrayBuffer())))
    const seen = lines().filter((line) => line.target.startsWith('/v1/many/'))
    expect(new Set(seen.map((line) => line.target)).size).toBe(200)
  })
})

describe('the program', { timeout: 60_000 }, () => {
  const run = (environment: Record<string, string>) => {
    const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../examples/acme/src/main.ts')], {
      env: { PATH: process.env.PATH, DATABASE_URL: acme.databaseUrl, ACME_PORT: '0', ACME_TRAFFIC: '0', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const said = { out: '', err: '' }
    child.stdout.on('data', (text) => {
      said.out += text
    })
    child.stderr.on('data', (text) => {
      said.err += text
    })
    return { child, said, ended: once(child, 'exit'), ready: once(child.stdout, 'data') }
  }

  it('says in one line of JSON where it is, and ends with its parent', async () => {
    const { child, said, ended, ready } = run({ ACME_EXIT_WITH_PARENT: '1' })
    await ready
    const line = JSON.parse(said.out) as { ready: boolean; url: string; port: number }
    expect(line).toEqual({ ready: true, url: `http://127.0.0.1:${line.port}`, port: line.port })
    expect(await (await fetch(line.url)).text()).toContain('Countersign, which stands beside it')
    child.stdin.end()
    expect(await ended).toEqual([0, null])
    expect(said.out.trim().split('\n')).toHaveLength(1)
  })

  it('drains on SIGTERM: an endless stream ends, too', async () => {
    const { child, said, ended, ready } = run({ ACME_TRUSTED_ISSUER: trustedIssuer, ACME_TRUSTED_JWKS_URL: acme.issuer.jwksUrl })
    await ready
    const { url } = JSON.parse(said.out) as { url: string }
    const assertion = await acme.issuer.sign(assertionClaims('GET', '/v1/events', { scope: 'activity:read' }))
    const stream = await fetch(`${url}/v1/events`, { headers: { 'countersign-assertion': assertion } })
    expect(stream.status).toBe(200)
    child.kill('SIGTERM')
    await stream.text()
    expect(await ended).toEqual([0, null])
  })

  it('says what is wrong when it cannot start', async () => {
    const taken = run({ ACME_PORT: new URL(acme.url).port })
    expect(await taken.ended).toEqual([1, null])
    expect(taken.said.err).toContain('EADDRINUSE')
    const wrong = run({ ACME_PORT: 'many' })
    expect(await wrong.ended).toEqual([1, null])
    expect(wrong.said.err).toContain('ACME_PORT')
  })
})

it('the traffic: real people sign in, read, write and err, and leave when it stops', async () => {
  const before = lines().length
  const sessions = async () =>
    (await acme.sql<{ n: number }>(`SELECT count(*)::int AS n FROM session WHERE "ipAddress" = '127.0.0.1'`))[0]?.n
  const earlier = await sessions()
  const stopping = new AbortController()
  const traffic = startTraffic({ switches: new Switches(), url: acme.url, requestsPerSecond: 200, stopping: stopping.signal })
  const made = () =>
    new Set(
      lines()
        .slice(before)
        .map((line) => `${line.method} ${line.target.replace(/\?.*/, '').split('/')[2]}`),
    )
  await expect
    .poll(() => [...made()], { timeout: 90_000 })
    .toEqual(expect.arrayContaining(['GET attestations', 'POST attestations', 'GET members', 'GET usage']))
  stopping.abort()
  await traffic
  expect(await sessions()).toBe(earlier)
})
