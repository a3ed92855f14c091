import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authenticator, newAuthenticator } from '../support/authenticator.ts'
import { readEvents } from '../support/events.ts'
import { type Rig, startRig } from '../support/rig.ts'

type Person = Awaited<ReturnType<Rig['visitorWith']>>
type Challenge = { challenge: string; rpId?: string; rp?: { id: string }; user?: { id: string } }

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())

const newKey = (synced = false) => newAuthenticator({ origin: new URL(rig.console_url).origin, synced })
const post = (person: Person, path: string, body: unknown = {}) => person.send('POST', path, body)
const begin = async (person: Person, path: string): Promise<Challenge> => {
  const response = await post(person, path)
  if (response.status !== 200) throw new Error(await response.text())
  return ((await response.json()) as { options: Challenge }).options
}
const enrol = async (person: Person, key: Authenticator, change = {}) =>
  post(person, '/api/me/passkeys', { name: 'My laptop', response: key.register(await begin(person, '/api/me/passkeys/options'), change) })
const stepUp = async (person: Person, key: Authenticator, change = {}) =>
  post(person, '/api/me/step-up', { response: key.sign(await begin(person, '/api/me/step-up/options'), change) })
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const lastNote = async (person: Person) =>
  (await readEvents(rig.database.store.pool, { action: 'AUTH.DENIED', actor_id: person.staff_id })).at(-1)?.note

/** Somebody with a key that may sign. */
const newPerson = async (synced = false) => {
  const person = await rig.visitorWith(['support_admin'])
  const key = newKey(synced)
  const response = await enrol(person, key)
  expect(response.status).toBe(201)
  return { person, key, id: ((await response.json()) as { id: string }).id }
}

describe('passkeys of staff', () => {
  it('P18 are enrolled right after a sign-in, with their public key on the record', async () => {
    const { person, key } = await newPerson()
    const [event] = await readEvents(rig.database.store.pool, { action: 'STAFF.PASSKEY.ENROLLED', actor_id: person.staff_id })
    expect(event?.details).toMatchObject({ algorithm: -7, credential_id: key.credentialId, usable: 'at_once', is_synced: false })
  })

  it('P21 vouch for who sits there, for five minutes', async () => {
    const { person, key } = await newPerson()
    const response = await stepUp(person, key)
    expect(response.status).toBe(200)
    const { fresh_until } = (await response.json()) as { fresh_until: string }
    const { rows } = await rig.database.store.pool.query<{ seconds: number }>(
      'select extract(epoch from $1::timestamptz - clock_timestamp())::float8 as seconds',
      [fresh_until],
    )
    expect(rows[0]?.seconds).toBeGreaterThan(290)
    expect(rows[0]?.seconds).toBeLessThanOrEqual(300)
  })

  it('WA-7 need a sign-in of the last five minutes', async () => {
    const person = await rig.visitorWith(['support_admin'])
    await rig.asSuperuser(`update staff_sessions set created_at = created_at - interval '5 minutes' where staff_id = '${person.staff_id}'`)
    const response = await post(person, '/api/me/passkeys/options')
    expect(response.status).toBe(403)
    expect(await codeOf(response)).toBe('sign_in_not_fresh')
  })

  it('WA-7 need the key before them, from the second on', async () => {
    const { person, key } = await newPerson()
    const refused = await post(person, '/api/me/passkeys/options')
    expect(await codeOf(refused)).toBe('passkey_not_fresh')
    await stepUp(person, key)
    expect((await enrol(person, newKey())).status).toBe(201)
  })

  it('WA-8 belong to one person: the same key of another is refused, on the record', async () => {
    const { key } = await newPerson()
    const other = await rig.visitorWith(['support_admin'])
    const response = await enrol(other, key)
    expect(response.status).toBe(409)
    expect(await codeOf(response)).toBe('passkey_known')
    expect(await lastNote(other)).toBe('the key is enrolled already, by this person or another')
  })

  it.each([
    ['WA-2 another origin', { origin: 'https://evil.example' }, /Unexpected authentication response origin/],
    ['WA-2 another site', { rpId: 'evil.example' }, /Unexpected RP ID hash/],
    ['WA-1 a frame of another site', { clientData: { crossOrigin: true } }, /frame of another site/],
    ['WA-1 a page on top', { clientData: { crossOrigin: false, topOrigin: 'https://evil.example' } }, /frame of another site/],
    ['WA-2 an enrolment in place of a signature', { clientData: { type: 'webauthn.create' } }, /Unexpected authentication response type/],
    ['WA-3 no user present', { flags: (flags: number) => flags & ~0x01 }, /[Uu]ser not present|User presence/],
    ['WA-3 no user verified', { flags: (flags: number) => flags & ~0x04 }, /did not verify its user/],
    ['WA-3 backed up, yet not to be', { flags: (flags: number) => flags | 0x10 }, /./],
    ['WA-4 a counter that goes back', { counter: 1 }, /counter value 1 was lower/],
  ])('refuse a signature with %s, on the record', async (_, change, why) => {
    const { person, key } = await newPerson()
    await stepUp(person, key)
    const response = await stepUp(person, key, change)
    expect(response.status).toBe(403)
    expect(await codeOf(response)).toBe('passkey_refused')
    expect(await lastNote(person)).toMatch(why)
  })

  it('WA-6 take a challenge once, also of a synced key, whose counter stays at zero', async () => {
    const { person, key } = await newPerson(true)
    const signed = key.sign(await begin(person, '/api/me/step-up/options'))
    expect((await post(person, '/api/me/step-up', { response: signed })).status).toBe(200)
    const replayed = await post(person, '/api/me/step-up', { response: signed })
    expect(await codeOf(replayed)).toBe('passkey_refused')
    expect(await lastNote(person)).toMatch(/not issued for this, or is used or too old/)
  })

  it('WA-6 take no challenge that is older than two minutes, of another sign-in, or for another purpose', async () => {
    const { person, key } = await newPerson()
    const old = key.sign(await begin(person, '/api/me/step-up/options'))
    await rig.asSuperuser(`update passkey_challenges set created_at = created_at - interval '121 seconds'`)
    expect(await codeOf(await post(person, '/api/me/step-up', { response: old }))).toBe('passkey_refused')

    const { person: other } = await newPerson()
    const theirs = key.sign(await begin(other, '/api/me/step-up/options'))
    expect(await codeOf(await post(person, '/api/me/step-up', { response: theirs }))).toBe('passkey_refused')

    await stepUp(person, key)
    const enrolling = key.sign(await begin(person, '/api/me/passkeys/options'))
    expect(await codeOf(await post(person, '/api/me/step-up', { response: enrolling }))).toBe('passkey_refused')
  })

  it('WA-5 do not sign for somebody else, and not once they are removed', async () => {
    const { person, key, id } = await newPerson()
    const { person: other } = await newPerson()
    const asOther = key.sign(await begin(other, '/api/me/step-up/options'))
    expect(await codeOf(await post(other, '/api/me/step-up', { response: asOther }))).toBe('passkey_refused')
    expect(await lastNote(other)).toBe('the key is not one of this person')

    const challenge = await begin(person, '/api/me/step-up/options')
    expect((await post(other, `/api/passkeys/${id}/removal`)).status).toBe(404)
    expect((await post(person, `/api/passkeys/${id}/removal`)).status).toBe(204)
    expect(await codeOf(await post(person, '/api/me/step-up', { response: key.sign(challenge) }))).toBe('passkey_refused')
    expect(await lastNote(person)).toBe('the key was removed')
    expect(await codeOf(await post(person, '/api/me/step-up/options'))).toBe('passkey_missing')
  })

  it('that wait are shown to those who countersign, and confirmed by somebody else', async () => {
    const { person, id } = await newPerson()
    await rig.asSuperuser(`update staff_passkeys set usable_from = 'infinity' where id = '${id}'`)
    expect(await codeOf(await post(person, '/api/me/step-up/options'))).toBe('passkey_missing')
    const manager = await rig.visitorWith(['support_manager'])
    const { items } = (await (await manager.get('/api/passkeys/waiting')).json()) as { items: { id: string; state: string }[] }
    expect(items).toContainEqual(expect.objectContaining({ id, state: 'waits_for_confirmation', usable_from: null }))
    expect(await codeOf(await post(manager, `/api/passkeys/${id}/confirmation`))).toBe('role_missing')
    const admin = await rig.visitorWith(['super_admin'])
    const confirmed = await post(admin, `/api/passkeys/${id}/confirmation`)
    expect(await confirmed.json()).toMatchObject({ state: 'usable' })
    expect((await post(person, '/api/me/step-up/options')).status).toBe(200)
  })

  it('are confirmed by nobody who owns them, by the page or by SQL', async () => {
    const admin = await rig.visitorWith(['super_admin'])
    const response = await enrol(admin, newKey())
    const { id } = (await response.json()) as { id: string }
    expect(await codeOf(await post(admin, `/api/passkeys/${id}/confirmation`))).toBe('own_passkey')
    await expect(
      rig.asSuperuser(
        `insert into staff_passkey_confirmations (passkey_id, staff_id, confirmed_by) values ('${id}', '${admin.staff_id}', '${admin.staff_id}')`,
      ),
    ).rejects.toThrow(/check constraint/)
  })
})
