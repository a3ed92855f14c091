import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIngestKey } from '../../../server/src/identity/ingest-key/create.ts'
import { revokeIngestKey } from '../../../server/src/identity/ingest-key/revoke.ts'
import { newKey } from '../../../server/src/identity/key-format.ts'
import { createKey } from '../../../server/src/identity/tenant-key/create.ts'
import { minuteAgo, operator, type SignalRig, startSignalRig } from '../../health/signals-rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'

let rig: SignalRig
let tenantKey: string
const base = () => ({ store: rig.database.store, journal: rig.database.journal, principal: operator })

beforeAll(async () => {
  rig = await startSignalRig()
  tenantKey = (await createKey(base(), { tenant_id: rig.tenant, name: 'audit' })).key
})
afterAll(() => rig?.close())

const signals = () => ({ source: 'x', minutes: [{ tenant_id: rig.tenant, minute: minuteAgo(1), calls: 9, errors: 0 }] })
const constant = {
  type: 'urn:countersign:error:key_refused',
  title: 'The API key is not valid.',
  status: 401,
  code: 'key_refused',
  hint: 'Send one key in the X-API-Key header; keys can be revoked or expire.',
  request_id: expect.stringMatching(/^req_/),
}
const refused = async () => (await rig.state()).last_24h.refused.find(({ cause }) => cause === 'key_refused')?.count ?? 0
const denials = async () => (await rig.asSuperuser(`select body from events where body like '%AUTH.DENIED%'`)) as { body: string }[]

describe('TI-7 a key that is not good sends nothing', () => {
  const wrong: [string, (key: string) => string | Promise<string>][] = [
    ['none', () => ''],
    ['one that never was', () => newKey('ingest')],
    ['a wrong checksum', (key) => key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')],
    ['another prefix', (key) => key.replace('ci_live_', 'ci_test_')],
    ['the prefix of another audience', (key) => key.replace('ci_live_', 'cs_live_')],
    ['10 kB', (key) => key + 'A'.repeat(10_000)],
    ['two in one', (key) => `${key}, ${key}`],
    ['Bearer', (key) => `Bearer ${key}`],
    [
      'one that was revoked',
      async () => {
        const { id, key } = await createIngestKey(base(), { name: 'old' })
        expect(await revokeIngestKey(base(), id)).toEqual({ revoked: true })
        expect(await revokeIngestKey(base(), id)).toEqual({ revoked: false })
        return key
      },
    ],
    [
      'one that has expired',
      async () => {
        const { id, key } = await createIngestKey(base(), { name: 'old', expires_in_days: 1 })
        await rig.asSuperuser(`update ingest_keys set expires_at = now() - interval '1 second' where id = '${id}'`)
        return key
      },
    ],
  ]
  it.each(wrong)('%s: 401, always the same, counted, and not on the log', async (_name, change) => {
    const key = await change(rig.key)
    const [before, denied] = [await refused(), (await denials()).length]
    const answer = await rig.post('/v1/signals', signals(), { 'x-api-key': key })
    expect([answer.status, answer.body]).toEqual([401, constant])
    const otlp = await rig.post('/otlp/v1/metrics', {}, { 'x-api-key': key })
    expect([otlp.status, otlp.body.code]).toEqual([401, 'key_refused'])
    expect(await refused()).toBe(before + 2)
    expect((await denials()).length).toBe(denied)
    expect(await rig.total()).toEqual({ calls: 0, errors: 0 })
  })

  it('two headers, also of two good keys; a key in the query', async () => {
    const { port, host } = new URL(rig.console_url)
    const body = JSON.stringify(signals())
    const ask = (target: string, keys: string[]) =>
      sendRaw(
        Number(port),
        rawRequest(
          `POST ${target} HTTP/1.1`,
          [`Host: ${host}`, 'Content-Type: application/json', `Content-Length: ${body.length}`, ...keys.map((key) => `X-API-Key: ${key}`)],
          body,
        ),
        'POST',
      )
    expect((await ask('/v1/signals', [rig.key, (await rig.ingestKey()).key]))?.status).toBe(401)
    expect((await ask(`/v1/signals?x-api-key=${rig.key}`, []))?.status).toBe(401)
  })

  it('protobuf is answered with a Status that says code and hint', async () => {
    const answer = await fetch(`${rig.console_url}/otlp/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'x-api-key': newKey('ingest') },
      body: new Uint8Array(),
    })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([401, 'application/x-protobuf'])
    expect(await answer.text()).toContain('key_refused: The API key is not valid. Send one key in the X-API-Key header')
  })
})

describe('TI-8 a key is for its own audience', () => {
  it('a tenant’s key sends no signals', async () => {
    const answer = await rig.post('/v1/signals', signals(), { 'x-api-key': tenantKey })
    expect([answer.status, answer.body]).toEqual([401, constant])
    expect((await rig.post('/otlp/v1/metrics', {}, { 'x-api-key': tenantKey })).status).toBe(401)
  })

  it('an ingest key reads no audit, opens no session, and is no cookie', async () => {
    const ask = (url: string, headers: Record<string, string>) => fetch(url, { headers })
    const audit = await ask(`${rig.console_url}/v1/audit`, { 'x-api-key': rig.key })
    expect([audit.status, await audit.json()]).toEqual([401, constant])
    expect((await ask(`${rig.console_url}/api/tenants`, { 'x-api-key': rig.key })).status).toBe(401)
    expect((await ask(`${rig.console_url}/api/signals/state`, { 'x-api-key': rig.key })).status).toBe(401)
    for (const headers of [{ authorization: `Bearer ${rig.key}` }, { 'x-api-key': rig.key }] as Record<string, string>[])
      expect((await ask(`${rig.gateway_url}/v1/reports`, headers)).status).toBe(401)
    // What a stranger is at the audit API is on the log, without the key.
    expect((await denials()).length).toBeGreaterThan(0)
    expect(JSON.stringify(await denials())).not.toContain(rig.key.slice(8, 30))
  })

  it('a sign-in sends no signals', async () => {
    const staff = await rig.visitorWith(['super_admin'])
    expect((await staff.send('POST', '/v1/signals', signals())).status).toBe(401)
  })

  it('no key is kept: not in the database, not in an event', async () => {
    const rows = JSON.stringify(await rig.asSuperuser('select * from ingest_keys'))
    expect(rows).not.toContain(rig.key.slice(8, 30))
  })
})
