import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { seededPassword } from '../../examples/acme/src/seed/people.ts'
import { type AcmeRig, signIn, startAcme, type Target, trustedIssuer } from './rig.ts'

let acme: AcmeRig

beforeAll(async () => {
  acme = await startAcme({ ACME_FAULTS: '1' })
})
afterAll(() => acme?.stop())

const hank: Target = { kind: 'user', id: 'usr_hank_globex' }
const received = (id: string) =>
  acme.sql<{ outcome: string | null }>('SELECT outcome FROM support_calls WHERE act_id = $1 ORDER BY seq', [id])
const effects = async (id: string) => (await received(id)).filter((call) => call.outcome === 'done').length
const outcomeOf = async (id: string) => (await acme.ask(`/countersign/acts/${id}`)).status

describe('a planned failure', () => {
  const plan = async (fault: Record<string, unknown>) => {
    const answer = await fetch(`${acme.url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    })
    expect(answer.status).toBe(204)
  }
  /** As a caller sees it: a status and what could be read, or that nothing came. */
  const seen = async (id: string, patienceMs = 10_000) => {
    try {
      const response = await acme.order(hank, 'revoke_sessions', { id, signal: AbortSignal.timeout(patienceMs) })
      const text = await response.text()
      try {
        return { status: response.status, body: JSON.parse(text) as unknown }
      } catch {
        return { status: response.status, body: 'not JSON' }
      }
    } catch (error) {
      return (error as Error).name === 'TimeoutError' ? 'silence' : 'reset'
    }
  }

  beforeEach(async () => {
    await fetch(`${acme.url}/faults`, { method: 'DELETE' })
  })

  const looks = {
    hang: 'silence',
    reset: 'reset',
    garbage: { status: 200, body: 'not JSON' },
    error: { status: 500, body: { code: 'internal', message: 'planned by a test' } },
    busy: { status: 429, body: { code: 'busy', message: 'planned by a test' } },
  }
  for (const [kind, look] of Object.entries(looks)) {
    it(`${kind} comes once, with the effect or without, and the next call answers what came of it`, async () => {
      for (const when of ['before', 'after']) {
        const id = `${kind}_${when}`
        await plan({ kind, when })
        expect(await seen(id, kind === 'hang' ? 1000 : undefined)).toEqual(look)
        await expect.poll(() => effects(id)).toBe(when === 'after' ? 1 : 0)
        expect(await outcomeOf(id)).toBe(when === 'after' ? 200 : 404)
        expect(await seen(id)).toMatchObject({ status: 200, body: { status: 'done' } })
        expect(await effects(id)).toBe(1)
      }
    })
  }

  it('delay has the effect after the caller is gone', async () => {
    await plan({ kind: 'delay', ms: 3000 })
    expect(await seen('delayed', 500)).toBe('silence')
    expect(await effects('delayed')).toBe(0)
    await expect.poll(() => effects('delayed'), { timeout: 10_000 }).toBe(1)
  })

  it('can be of the question what came of an act, and of several calls', async () => {
    await plan({ on: 'outcome', kind: 'error', times: 2 })
    expect(await seen('asked')).toMatchObject({ status: 200 })
    expect([await outcomeOf('asked'), await outcomeOf('asked'), await outcomeOf('asked')]).toEqual([500, 500, 200])
  })

  it('is planned only where the environment says so', async () => {
    const { child, url } = await startProgram({})
    expect((await fetch(`${url}/faults`, { method: 'DELETE' })).status).toBe(404)
    child.kill('SIGKILL')
  })
})

/** Another instance of the product on the same database, in a process of its own. */
const startProgram = async (environment: Record<string, string>): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../examples/acme/src/main.ts')], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: acme.databaseUrl,
      ACME_PORT: '0',
      ACME_TRAFFIC: '0',
      ACME_TRUSTED_ISSUER: trustedIssuer,
      ACME_TRUSTED_JWKS_URL: acme.issuer.jwksUrl,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, url: (JSON.parse(line.toString()) as { url: string }).url }
}

describe('on two instances', { timeout: 60_000 }, () => {
  it('an id has one effect, however many ask at once', async () => {
    const { child, url } = await startProgram({})
    const cookie = await signIn(acme.url, 'hank@globex.example', seededPassword)
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const response = await acme.order(hank, 'suspend_account', { id: 'both', url: n % 2 ? url : acme.url })
        expect(response.status).toBe(200)
        return response.text()
      }),
    )
    expect(new Set(answers).size).toBe(1)
    expect(await effects('both')).toBe(1)
    expect(await received('both')).toHaveLength(40)
    expect((await fetch(`${acme.url}/v1/usage`, { headers: { cookie } })).status).toBe(401)
    await acme.order(hank, 'restore_account')
    child.kill('SIGKILL')
  })

  it('an act that dies in the middle leaves nothing, and its id can be asked again', async () => {
    const { child, url } = await startProgram({})
    const cookie = await signIn(acme.url, 'hank@globex.example', seededPassword)
    const blocker = new pg.Client({ connectionString: acme.databaseUrl })
    await blocker.connect()
    // The sessions are deleted last: by then the act has begun to have its effect.
    await blocker.query(`BEGIN; SELECT 1 FROM session WHERE "userId" = 'usr_hank_globex' FOR UPDATE`)
    const dying = acme.order(hank, 'suspend_account', { id: 'dying', url }).then(
      () => 'answered',
      () => 'died',
    )
    await expect
      .poll(() => acme.sql(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE 'delete from "session"%'`))
      .toHaveLength(1)
    child.kill('SIGKILL')
    expect(await dying).toBe('died')
    await blocker.query('ROLLBACK')
    await blocker.end()

    expect(await outcomeOf('dying')).toBe(404)
    expect(await received('dying')).toEqual([{ outcome: null }])
    expect((await fetch(`${acme.url}/v1/usage`, { headers: { cookie } })).status).toBe(200)
    expect(await (await acme.order(hank, 'suspend_account', { id: 'dying' })).json()).toMatchObject({ status: 'done' })
    expect((await fetch(`${acme.url}/v1/usage`, { headers: { cookie } })).status).toBe(401)
    expect(await effects('dying')).toBe(1)
  })
})
