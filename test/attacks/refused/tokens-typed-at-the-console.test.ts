import { afterAll, beforeAll, expect, it } from 'vitest'
import { createKey } from '../../../server/src/identity/tenant-key/create.ts'
import { type Rig, startRig } from '../../support/rig.ts'

let rig: Rig
let tenantId: string
let secrets: string[]
beforeAll(async () => {
  rig = await startRig()
  tenantId = await rig.knownTenant()
  const { key } = await createKey(
    { store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } },
    { tenant_id: tenantId, name: 'pasted', permissions: ['audit:read'] } as never,
  )
  const staff = await rig.visitorWith(['support_admin'])
  const answer = await staff.send('POST', '/api/sessions', { tenant_id: tenantId, reason: 'looking at a report' })
  secrets = [((await answer.json()) as { token: string }).token, key]
})
afterAll(() => rig?.close())

it('a token or key that somebody typed is in no event, and nowhere in the database', async () => {
  const staff = await rig.visitorWith(['support_admin', 'auditor'])
  for (const secret of secrets) {
    const encoded = [...secret].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('')
    const reason = `curl -H "Authorization: Bearer ${secret}" fails, and ${encoded} too`
    expect((await staff.get(`/api/users?query=${secret}`)).status).toBe(200)
    expect((await staff.get(`/api/users?query=${encodeURIComponent(encoded)}`)).status).toBe(200)
    expect((await staff.get(`/api/users/usr_0001?ticket=${secret}`)).status).toBe(200)
    const opened = await staff.send('POST', '/api/sessions', { tenant_id: tenantId, reason, ticket: secret })
    expect(opened.status).toBe(201)
    const { session } = (await opened.json()) as { session: { id: string; reason: string; ticket: string } }
    const prefix = secret.startsWith('css_') ? 'css_[hidden]' : 'cs_live_[hidden]'
    expect([session.reason, session.ticket]).toEqual([`curl -H "Authorization: Bearer ${prefix}" fails, and ${prefix} too`, prefix])
    expect((await staff.send('POST', `/api/sessions/${session.id}/revocation`, { reason })).status).toBe(200)
    for (const filter of ['actor_id', 'target_id', 'ticket']) await staff.get(`/api/audit?${filter}=${secret}`)
  }
  const { rows } = await rig.database.store.pool.query(
    `select body as text from events union all select value from disclosures union all select to_jsonb(s)::text from support_sessions s`,
  )
  const texts = (rows as { text: string }[]).map(({ text }) => decodeURIComponent(text.replaceAll(/%(?![0-9a-f]{2})/gi, '%25')))
  for (const secret of secrets) expect(texts.filter((text) => text.includes(secret))).toEqual([])
  expect(texts.some((text) => text.includes('[hidden]'))).toBe(true)
})
