import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Receipt } from '@countersign/contract/receipts.ts'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { SMTPServer } from 'smtp-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../server/src/ids.ts'
import { newSelfSigned } from '../support/certificate.ts'
import { type Received, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { newRig, type Rig } from './rig.ts'

let rig: Rig
let receiver: Receiver
beforeEach(async () => {
  rig = await newRig()
  receiver = await startReceiver()
})
afterEach(async () => {
  await rig.close()
  await receiver.close()
})

const staff = {
  kind: 'staff',
  id: newId('staff'),
  issuer: 'https://idp.example',
  subject: 'rob',
  email: 'rob@vendor.example',
  name: 'Rob Meyer',
} as const

/** The events of a session on a user with two requests let through and one refused; what ends it is not among them. */
const sessionEvents = (id: string) => {
  const of = { actor: staff, tenant_id: 'ten_globex', session_id: id, target: { kind: 'user', id: 'usr_eve' } } as const
  const request = (route: string, more = {}) => ({
    id: newId('request'),
    method: 'GET',
    path: route,
    route,
    scope: 'reports:read',
    ...more,
  })
  const [first, second, third] = [request('/v1/reports'), request('/v1/reports'), request('/v1/billing', { scope: 'billing:read' })]
  return [
    {
      ...{ ...of, action: 'IMPERSONATE.STARTED', result: 'ok', reason: 'The export fails\nTicket: forged', ticket: 'SUP-1' },
      details: { scopes: ['reports:read', 'billing:read'], ttl_minutes: 15, expires_at: '2026-11-29T12:00:00Z', policy: 'ab' },
    },
    { ...of, action: 'SUPPORT_SESSION.REQUEST.ADMITTED', result: 'ok', request: first },
    { ...of, action: 'SUPPORT_SESSION.REQUEST.COMPLETED', result: 'ok', request: { ...first, status: 200 } },
    { ...of, action: 'SUPPORT_SESSION.REQUEST.ADMITTED', result: 'ok', request: second },
    { ...of, action: 'SUPPORT_SESSION.REQUEST.REFUSED', result: 'deny', code: 'scope_missing', request: third },
  ].map((event) => ({ event, second }))
}

// biome-ignore lint/suspicious/noExplicitAny: events of many kinds, checked when they are recorded
const record = async (...events: any[]) => {
  await rig.record(...events)
  await rig.sequencer.drain()
}

const runSession = async () => {
  const id = newId('session')
  const events = sessionEvents(id)
  await record(...events.map(({ event }) => event))
  const of = { actor: staff, tenant_id: 'ten_globex', session_id: id, target: { kind: 'user', id: 'usr_eve' } }
  const second = events[0]?.second
  return {
    id,
    end: () => record({ ...of, action: 'IMPERSONATE.ENDED', result: 'ok', details: { revoked_by: 'opener' } }),
    finish: () => record({ ...of, action: 'SUPPORT_SESSION.REQUEST.COMPLETED', result: 'ok', request: { ...second, status: 200 } }),
  }
}

const keyOf = `whsec_${Buffer.from('k'.repeat(32)).toString('base64')}`
const receiptIn = ({ body }: Received) => (JSON.parse(body) as { data: Receipt }).data

describe('M9 receipts', () => {
  it('waits for the outcomes of what was under way, then says who, why, what for and what was done', async () => {
    const session = await runSession()
    rig.declare('receipts', { type: 'webhook', content: 'receipts', url: `${receiver.url}/in`, secrets: [{ env: 'KEY' }] })
    rig.deliver('receipts', { environment: { KEY: keyOf } })
    await session.end()
    // Each checkpoint ends with a tally: entries 5 and 7.
    await until(async () => (await rig.state('receipts'))?.next_index === 6)
    expect(receiver.received).toEqual([])
    await session.finish()
    await until(() => receiver.received.length === 1)
    expect(receiptIn(receiver.received[0] as Received)).toMatchObject({
      session_id: session.id,
      tenant_id: 'ten_globex',
      target_user_id: 'usr_eve',
      staff: { name: 'Rob Meyer', email: 'rob@vendor.example' },
      ticket: 'SUP-1',
      ended_by: 'opener',
      scopes_granted: ['billing:read', 'reports:read'],
      scopes_used: ['reports:read'],
      totals: { requests: 3, completed: 2, refused: 1, failed: 0, cut: 0, unknown: 0 },
      requests: [
        { method: 'GET', route: '/v1/reports', outcome: 'completed', status: 200, count: 2 },
        { method: 'GET', route: '/v1/billing', outcome: 'refused', code: 'scope_missing', count: 1 },
      ],
      is_complete: true,
      proof: { opened: { log_index: 0 }, ended: { log_index: 6 }, events: 7, last_index: 8 },
    })
  })

  it('is the same whenever it is made, and only the tenant’s own goes to its destination', async () => {
    const session = await runSession()
    await session.end()
    await session.finish()
    rig.declare('theirs', {
      type: 'webhook',
      content: 'receipts',
      tenant_id: 'ten_globex',
      url: `${receiver.url}/a`,
      secrets: [{ env: 'KEY' }],
    })
    rig.declare('others', {
      type: 'webhook',
      content: 'receipts',
      tenant_id: 'ten_other',
      url: `${receiver.url}/b`,
      secrets: [{ env: 'KEY' }],
    })
    const first = rig.deliver('theirs', { environment: { KEY: keyOf } })
    rig.deliver('others', { environment: { KEY: keyOf } })
    await rig.upToDate('theirs')
    await rig.upToDate('others')
    await first.stop()
    await rig.store.db.updateTable('feed_cursors').set({ next_index: 0 }).where('destination', '=', 'theirs').execute()
    rig.deliver('theirs', { environment: { KEY: keyOf } })
    await until(() => receiver.received.length === 2)
    expect(receiver.received.map(({ path }) => path)).toEqual(['/a', '/a'])
    const [one, two] = receiver.received as [Received, Received]
    expect(one.body).toBe(two.body)
    expect(one.headers['webhook-id']).toBe(two.headers['webhook-id'])
  })
})

const startMail = async ({ refuse = 0 } = {}) => {
  const messages: { to: string[]; text: string; isSecure: boolean }[] = []
  const { key, cert } = newSelfSigned('localhost')
  const server = new SMTPServer({
    ...{ key, cert, authOptional: true, logger: false },
    onRcptTo: (_, __, done) => done(refuse ? Object.assign(new Error('no such mailbox'), { responseCode: refuse }) : null),
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part) => parts.push(part))
      stream.on('end', () => {
        messages.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          text: Buffer.concat(parts).toString(),
          isSecure: session.secure,
        })
        done()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  writeFileSync(join(rig.dataDir, 'ca.pem'), cert)
  const { port } = server.server.address() as AddressInfo
  return { port, messages, close: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}

const mail = { type: 'mail', host: 'localhost', tls: false, from: 'support@vendor.example', to: ['cso@globex.example'], ca_file: 'ca.pem' }

describe('mail', () => {
  it('M9 brings a receipt as plain text, over TLS, in which nobody’s words look like ours', async () => {
    const smtp = await startMail()
    const session = await runSession()
    await session.finish()
    await session.end()
    rig.declare('mail', { ...mail, port: smtp.port, content: 'receipts' })
    rig.deliver('mail')
    await rig.upToDate('mail')
    expect(smtp.messages).toHaveLength(1)
    const [{ to, text, isSecure }] = smtp.messages as [(typeof smtp.messages)[number]]
    expect(to).toEqual(['cso@globex.example'])
    expect(isSecure).toBe(true)
    expect(text).toMatch(/^Message-ID: <evt_[0-9a-f]{32}@test\.example\.log>/m)
    const body = text.replaceAll('=\r\n', '').replaceAll('\r\n', '\n')
    expect(body).toMatch(/^Ticket: {2}SUP-1$/m)
    expect(body).not.toMatch(/^Ticket: forged/m)
    expect(body).toContain('GET /v1/reports: completed 200')
    await smtp.close()
  })

  it('a mailbox that does not exist parks the message, a server that is busy is waited for', async () => {
    const smtp = await startMail({ refuse: 550 })
    const session = await runSession()
    await session.finish()
    await session.end()
    rig.declare('mail', { ...mail, port: smtp.port, content: 'receipts' })
    rig.deliver('mail')
    await rig.upToDate('mail')
    expect(await rig.state('mail')).toMatchObject({ parked_count: 1, parked: [{ why: 'it answered 550' }] })
    await smtp.close()
    const busy = await startMail({ refuse: 451 })
    rig.declare('busy', { ...mail, port: busy.port, content: 'receipts' })
    rig.deliver('busy')
    await until(async () => (await rig.state('busy'))?.error?.sentence === 'it answered 451')
    await busy.close()
  })
})

const requested = {
  ...{
    action: 'ACCOUNT.SUSPEND.REQUESTED',
    result: 'ok',
    actor: staff,
    tenant_id: 'ten_globex',
    reason: 'Fraud <!channel> reported\nby two banks',
    ticket: 'SUP-2',
  },
  target: { kind: 'user', id: 'usr_eve', label: 'eve@globex.example' },
  details: { action: 'suspend_account', policy: 'ab', request_id: newId('action') },
}

describe('DL-7 approvers learn of a request that waits', () => {
  it('by a Slack-compatible webhook whose link leads to the request’s page only', async () => {
    await record(requested)
    rig.declare('chat', { type: 'slack', url_secret: { env: 'URL' } })
    rig.deliver('chat', { environment: { URL: `${receiver.url}/services/T0/B0/secret` } })
    await rig.upToDate('chat')
    const { text } = JSON.parse((receiver.received[0] as Received).body) as { text: string }
    expect(text).toContain('Rob Meyer asks for suspend_account on eve@globex.example')
    expect(text).toContain('Fraud &lt;!channel&gt; reported by two banks')
    expect([...text.matchAll(/https?:\/\/\S+/g)].map(String)).toEqual([`https://support.example/approvals/${requested.details.request_id}`])
    expect(await rig.state('chat')).toMatchObject({ address: 'a webhook whose address is a secret', content: 'approvals', format: null })
  })

  it('by e-mail', async () => {
    const smtp = await startMail()
    await record(requested)
    rig.declare('mail', { ...mail, port: smtp.port, content: 'approvals' })
    rig.deliver('mail')
    await rig.upToDate('mail')
    expect(smtp.messages[0]?.text).toContain('Subject: Approval wanted: suspend_account on eve@globex.example')
    await smtp.close()
  })
})

describe('M8 CAEP', () => {
  const verify = (one: Received) =>
    jwtVerify(one.body, createLocalJWKSet({ keys: [rig.keys.assertion.publicJwk] }), {
      issuer: 'https://support.example',
      audience: 'product',
      typ: 'secevent+jwt',
    })
  const declare = () =>
    rig.declare('product', { type: 'caep', url: `${receiver.url}/events`, audience: 'product', token: { env: 'TOKEN' } })
  const deliver = () => rig.deliver('product', { environment: { TOKEN: 't' } })
  const event = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'

  it('the end of a session and a force logout are pushed as signed security event tokens', async () => {
    receiver.behave(() => ({ status: 202 }))
    const session = await runSession()
    await session.end()
    await record({
      action: 'TENANT.SESSIONS.REVOKED',
      result: 'ok',
      actor: staff,
      tenant_id: 'ten_globex',
      target: { kind: 'tenant', id: 'ten_globex' },
      reason: 'A stolen laptop',
      details: { action: 'force_logout', policy: 'ab', count: 3 },
    })
    declare()
    deliver()
    await rig.upToDate('product')
    const [ended, forced] = await Promise.all(receiver.received.map(verify))
    expect(receiver.received[0]?.headers).toMatchObject({ 'content-type': 'application/secevent+jwt', authorization: 'Bearer t' })
    expect(ended?.payload).toMatchObject({
      sub_id: { format: 'complex', user: { id: 'usr_eve' }, session: { id: session.id }, tenant: { id: 'ten_globex' } },
      events: { [event]: { initiating_entity: 'admin', event_timestamp: expect.any(Number) } },
    })
    expect(forced?.payload).toMatchObject({
      sub_id: { format: 'complex', tenant: { id: 'ten_globex' } },
      events: { [event]: { reason_admin: { en: 'A stolen laptop' } } },
    })
    expect(forced?.payload.jti).not.toBe(ended?.payload.jti)
  })

  it('a token that the product refuses is parked; a key that it does not know is no reason to pass one over', async () => {
    const session = await runSession()
    await session.end()
    declare()
    let err = 'invalid_key'
    receiver.behave(() => ({ status: 400, body: { err, description: 'no' } }))
    deliver()
    await until(async () => (await rig.state('product'))?.error?.sentence === 'it answered invalid_key')
    expect((await rig.state('product'))?.parked_count).toBe(0)
    err = 'invalid_request'
    await until(async () => (await rig.state('product'))?.parked_count === 1)
  })
})
