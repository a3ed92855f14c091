import { consoleRoles, type Role, roles } from '@countersign/contract/staff.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../server/src/config.ts'
import { newAdmission } from '../../server/src/sessions/admit.ts'
import { type CeilingConfig, isWithin, minutesFor, requireWithin, rolesFor } from '../../server/src/sessions/ceiling.ts'
import { formatAsk, formatLines, openRecorder, type Recorder } from '../../server/src/sessions/record-admissions.ts'
import { listScopes } from '../../server/src/sessions/scopes.ts'
import { asSuperuser } from '../support/database.ts'
import { codeOf, type SessionRig, startSessionRig } from './rig.ts'

const scopes = ['attestations:read', 'billing:read', 'billing:write'] as const
const presets = { read_only: ['attestations:read', 'billing:read'] }
const configWith = (ofRoles: CeilingConfig['sessions']['roles']): CeilingConfig => ({
  gateway: { presets, routes: scopes.map((scope) => ({ method: 'GET', path: `/${scope}`, scope })) } as unknown as CeilingConfig['gateway'],
  sessions: { roles: ofRoles },
})

const named = fc.subarray([...scopes, 'read_only'], { minLength: 1 })
const someRoles = fc.subarray([...roles])
const anyCeiling = fc.record(
  Object.fromEntries(
    consoleRoles.map((role) => [role, fc.record({ scopes: named, max_minutes: fc.integer({ min: 1, max: 60 }) }, { requiredKeys: [] })]),
  ),
  { requiredKeys: [] },
) as fc.Arbitrary<CeilingConfig['sessions']['roles']>

const spread = (names: readonly string[]): string[] => names.flatMap((name) => (name === 'read_only' ? presets.read_only : [name]))
/** The same by its definition. */
const allowed = (given: CeilingConfig['sessions']['roles'], held: readonly Role[]): string[] =>
  scopes.filter((scope) => consoleRoles.some((role) => held.includes(role) && spread(given[role]?.scopes ?? [...scopes]).includes(scope)))

describe('what staff may have in a session is within what their roles may (M6)', () => {
  it('M6 whatever is asked, given and held: never more than the ceiling, never more than was asked', () => {
    fc.assert(
      fc.property(anyCeiling, someRoles, named, (given, held, asked) => {
        const config = configWith(given)
        const within = allowed(given, held)
        let granted: string[] | undefined
        try {
          granted = requireWithin(config, held, asked)
        } catch {}
        const wanted = [
          ...new Set(asked.flatMap((name) => (name === 'read_only' ? presets.read_only.filter((s) => within.includes(s)) : [name]))),
        ]
        expect(granted).toEqual(wanted.length > 0 && wanted.every((scope) => within.includes(scope)) ? wanted.sort() : undefined)
      }),
    )
  })

  it('M6 the roles that may have a scope are those of which it is within the ceiling, one of several serves', () => {
    fc.assert(
      fc.property(anyCeiling, someRoles, (given, held) => {
        const config = configWith(given)
        for (const scope of scopes) {
          expect(isWithin(config, held, scope)).toBe(allowed(given, held).includes(scope))
          expect(rolesFor(config, scope)).toEqual(consoleRoles.filter((role) => allowed(given, [role]).includes(scope)))
        }
      }),
    )
  })

  it('M6 S14 minutes are those of the role that may have most, 60 at most, 15 on one user, none without a role', () => {
    fc.assert(
      fc.property(anyCeiling, someRoles, (given, held) => {
        const most = Math.max(0, ...consoleRoles.filter((role) => held.includes(role)).map((role) => given[role]?.max_minutes ?? 60))
        expect(minutesFor(configWith(given), held, 'tenant')).toBe(most)
        expect(minutesFor(configWith(given), held, 'user')).toBe(Math.min(15, most))
      }),
    )
  })

  it('names a scope or preset that there is none of, before the program starts', () => {
    const text = (name: string) => `
gateway:
  upstream: http://127.0.0.1:9
  upstream_audience: test
  routes: [{ method: GET, path: /v1/billing, scope: 'billing:read' }]
  presets: { read_only: ['billing:read'] }
directory: { connector: { url: 'http://127.0.0.1:9', audience: test } }
sessions: { roles: { support_admin: { scopes: ['${name}'] } } }
`
    expect(parseConfig(text('read_only'), 'test').sessions.roles.support_admin?.scopes).toEqual(['read_only'])
    expect(() => parseConfig(text('billing:write'), 'test')).toThrow('there is no scope or preset billing:write')
  })
})

describe('at opening, and at each use (P10)', () => {
  let rig: SessionRig
  let recorder: Recorder
  beforeAll(async () => {
    rig = await startSessionRig()
    const { sessions } = rig.needs.config
    rig.needs.config = {
      ...rig.needs.config,
      sessions: { ...sessions, roles: { support_admin: { scopes: ['read_only'], max_minutes: 15 } } },
    }
    recorder = await openRecorder({ databaseUrl: rig.database.appUrl, eventKey: rig.database.keys.event })
  })
  afterAll(async () => {
    await recorder.close()
    await rig.close()
  })

  it('M6 a scope or a time beyond the role is refused, on the record, and is not on offer', async () => {
    expect(await codeOf(rig.open({ scopes: ['billing:write'] }))).toBe('scope_not_allowed')
    expect(await codeOf(rig.open({ ttl_minutes: 16 }))).toBe('ttl_out_of_range')
    const denied = await rig.events(({ action }) => action === 'SUPPORT_SESSION.DENIED')
    expect(denied.map(({ code }) => code)).toEqual(['scope_not_allowed', 'ttl_out_of_range'])
    const ofAdmin = await listScopes({ ...rig.needs, principal: rig.staff })
    expect([ofAdmin.scopes.map(({ scope }) => scope), ofAdmin.max_minutes]).toEqual([['attestations:read', 'billing:read'], 15])
    const ofBoth = await listScopes({ ...rig.needs, principal: await rig.newStaff(['support_admin', 'super_admin']) })
    expect([ofBoth.scopes.map(({ scope }) => scope), ofBoth.max_minutes]).toEqual([[...scopes], 60])
  })

  it('SE-5 P10 whoever loses the role that may have a scope loses it in the session that runs, and nothing else', async () => {
    const boss = await rig.newStaff(['support_admin', 'super_admin'])
    const { session } = await rig.open({ scopes: [...scopes], ttl_minutes: 60 }, boss)
    const admission = newAdmission(rig.database)
    const [row] = await asSuperuser<{ hash: string }>(
      rig.database.superuserUrl,
      `select encode(token_hash, 'hex') as hash from support_sessions where id = $1`,
      [session.id],
    )
    const facts = await admission.findFacts(row?.hash as string)
    if (!facts) throw new Error('the session has no facts')
    const event = { head: '{"occurred_at":"', tail: '"}', disclosures: [] }
    const use = (scope: string) => {
      const needed = { scope, roles: rolesFor(rig.needs.config, scope) }
      return codeOf(
        admission.admit(facts, needed, async (current) => {
          const [[ms] = []] = await recorder.record([recorder.mark({ ...formatLines([event]), asks: [formatAsk(current, needed, true)] })])
          return ms
        }),
      )
    }
    expect([await use('billing:write'), await use('billing:read')]).toEqual(['nothing was refused', 'nothing was refused'])
    await rig.database.store.db
      .updateTable('staff')
      .set({ roles: ['support_admin'] })
      .where('id', '=', boss.id)
      .execute()
    expect([await use('billing:write'), await use('billing:read')]).toEqual(['scope_missing', 'nothing was refused'])
  })
})
