import type { Role } from '@countersign/contract/staff.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIngestKey } from '../../../server/src/identity/ingest-key/create.ts'
import { createKey } from '../../../server/src/identity/tenant-key/create.ts'
import { newVisitor, type Visitor } from '../../support/browser.ts'
import { type Rig, startRig } from '../../support/rig.ts'

/** Declared for all staff, because an opener may always; who did not open the session needs one of these, says the verb. */
const judgedByTheVerb: Record<string, Role[]> = {
  'POST /api/sessions/ses_00000000000070008000000000000000/revocation': ['support_admin', 'super_admin'],
}

type Operation = { method: string; path: string; roles?: Role[]; permission?: string; ingest: boolean; public: boolean }

const rolesOf = ({ method, path, roles }: Operation): Role[] | undefined => roles ?? judgedByTheVerb[`${method} ${path}`]

let rig: Rig
const callers = new Map<string, { visitor: Visitor; headers: Record<string, string>; roles: Role[]; key?: boolean }>()
let operations: Operation[] = []

beforeAll(async () => {
  rig = await startRig()
  const document = (await (await fetch(`${rig.console_url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security: Record<string, unknown>[]; 'x-roles'?: Role[]; 'x-permission'?: string }>>
  }
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: path
        .replace('{session_id}', 'ses_00000000000070008000000000000000')
        .replace('{tenant_id}', 'ten_unknown')
        .replace('{user_id}', 'usr_unknown')
        .replace('{request_id}', 'act_00000000000070008000000000000000')
        .replace('{event_id}', 'evt_00000000000070008000000000000000')
        .replace('{view_id}', 'viw_00000000000070008000000000000000')
        .replace('{passkey_id}', 'psk_00000000000070008000000000000000')
        .replace('{*}', 'nothing'),
      roles: operation['x-roles'],
      permission: operation['x-permission'],
      ingest: operation.security.some((scheme) => 'ingest_key' in scheme),
      public: operation.security.length === 0,
    })),
  )
  for (const roles of [[], ['support_admin'], ['support_manager'], ['super_admin'], ['auditor']] as Role[][]) {
    callers.set(roles.join() || 'staff without a role', { visitor: await rig.visitorWith(roles), headers: {}, roles })
  }
  callers.set('nobody', { visitor: newVisitor(rig.console_url), headers: {}, roles: [] })
  const tenantId = await rig.knownTenant()
  const { key } = await createKey(
    { store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } },
    {
      tenant_id: tenantId,
      name: 'matrix',
      permissions: ['audit:read'],
    } as never,
  )
  callers.set('tenant key', { visitor: newVisitor(rig.console_url), headers: { 'x-api-key': key }, roles: [], key: true })
  const ingest = await createIngestKey(
    { store: rig.database.store, journal: rig.database.journal, principal: { kind: 'operator', id: 'test' } },
    { name: 'matrix' },
  )
  callers.set('ingest key', { visitor: newVisitor(rig.console_url), headers: { 'x-api-key': ingest.key }, roles: [], key: true })
  const over = await rig.visitorWith(['super_admin'])
  await rig.database.store.db
    .updateTable('staff_sessions')
    .set({ created_at: new Date(Date.now() - 9 * 3_600_000), expires_at: new Date(Date.now() - 3_600_000) })
    .where('staff_id', '=', over.staff_id)
    .execute()
  callers.set('expired sign-in', { visitor: over, headers: {}, roles: [] })
})
afterAll(() => rig?.close())

const call = async (caller: string, { method, path }: { method: string; path: string }): Promise<{ status: number; code?: string }> => {
  const { visitor, headers } = callers.get(caller) as NonNullable<ReturnType<typeof callers.get>>
  const aborted = AbortSignal.timeout(5_000)
  const response =
    method === 'GET' || method === 'HEAD'
      ? await visitor.get(path, headers)
      : await visitor.send(method, path, method === 'DELETE' ? undefined : {}, headers)
  const problem = response.headers.get('content-type')?.includes('problem+json') ? ((await response.json()) as { code: string }) : undefined
  if (problem === undefined) await response.body?.cancel()
  aborted.throwIfAborted()
  return { status: response.status, code: problem?.code }
}

describe('AZ-1 every route × every caller answers exactly what its declaration says', () => {
  it('covers every route that is not public, and there are some of each kind', () => {
    expect(operations.filter((operation) => operation.roles).length).toBeGreaterThan(10)
    expect(operations.filter((operation) => operation.permission).length).toBeGreaterThan(0)
    for (const operation of operations)
      expect([operation.path, operation.public || operation.ingest || rolesOf(operation) || operation.permission]).not.toContain(undefined)
  })

  for (const caller of [
    'nobody',
    'staff without a role',
    'support_admin',
    'support_manager',
    'super_admin',
    'auditor',
    'tenant key',
    'ingest key',
    'expired sign-in',
  ]) {
    it(`AZ-1 C1 TI-8 as ${caller}`, async () => {
      const { roles, key } = callers.get(caller) as NonNullable<ReturnType<typeof callers.get>>
      for (const operation of operations.filter((one) => !one.public)) {
        const answer = await call(caller, operation)
        const what = `${operation.method} ${operation.path}`
        if (operation.ingest) {
          if (caller === 'ingest key') expect([what, answer]).not.toEqual([what, { status: 401, code: 'key_refused' }])
          else expect([what, answer]).toEqual([what, { status: 401, code: 'key_refused' }])
          continue
        }
        if (operation.permission) {
          // What it was asked for may not be there, or not be the right form: it is let in all the same.
          const isLetIn = answer.status === 200 || ['not_found', 'invalid_request'].includes(answer.code ?? '')
          if (caller === 'tenant key') expect([what, isLetIn]).toEqual([what, true])
          else expect([what, answer]).toEqual([what, { status: 401, code: 'key_refused' }])
          continue
        }
        if (rolesOf(operation)?.some((role) => roles.includes(role))) {
          // A verb may still refuse for what it was asked: a passkey that is missing, say.
          expect([what, answer.status === 401 || answer.code === 'role_missing']).toEqual([what, false])
          continue
        }
        const expected =
          caller === 'expired sign-in'
            ? { status: 401, code: 'session_over' }
            : caller === 'nobody' || key
              ? { status: 401, code: 'not_signed_in' }
              : { status: 403, code: 'role_missing' }
        expect([what, answer]).toEqual([what, expected])
      }
    })
  }

  it('AZ-1 answers 404 to a route that is not listed, whoever asks', async () => {
    for (const caller of callers.keys()) {
      for (const path of [
        '/api/nothing',
        '/api',
        '/v1',
        '/v1/audits',
        '/API/audit',
        '/api//audit',
        '/v2/audit',
        '/admin',
        '/metrics',
        '/debug',
        '/.env',
      ]) {
        expect([caller, path, await call(caller, { method: 'GET', path })]).toEqual([caller, path, { status: 404, code: 'not_found' }])
      }
    }
  })

  it('C1 AZ-2 puts a refusal for a missing role on the record', async () => {
    const auditor = callers.get('auditor') as NonNullable<ReturnType<typeof callers.get>>
    const refused = await auditor.visitor.get('/api/tenants')
    expect(refused.status).toBe(403)
    const admin = callers.get('support_admin') as NonNullable<ReturnType<typeof callers.get>>
    await expect
      .poll(async () => {
        const page = (await (await admin.visitor.get('/api/audit?action=ACCESS.DENIED&limit=200')).json()) as {
          items: { request?: { id: string }; note?: string; result: string }[]
        }
        return page.items.find((item) => item.request?.id === refused.headers.get('x-request-id'))
      })
      .toMatchObject({ result: 'deny', note: 'needs support_admin or super_admin', code: 'role_missing' })
  })
})
