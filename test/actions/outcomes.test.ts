import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { ActionState } from '@countersign/contract/action-requests.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../support/directory.ts'
import { isLong, share } from '../support/long.ts'
import { until } from '../support/until.ts'
import { type ActionRig, type Person, spawnReplica, startActionRig } from './rig.ts'

const times = share(10)
const user = 'usr_0001'

let rig: ActionRig
let rob: Person
beforeAll(async () => {
  rig = await startActionRig()
  await rig.knownTenant()
  rob = await rig.person('support_admin')
})
afterEach(() => {
  rig.directory.fault = undefined
  rig.directory.faultAfter = undefined
})
afterAll(() => rig.close())

const strikes: Record<string, Fault> = {
  'times out': async (_, response) => once(response, 'close'),
  resets: async (_, response) => {
    response.socket?.resetAndDestroy()
    await once(response, 'close')
  },
  'answers garbage': (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"do'),
  'answers of another act': (_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        id: 'act_other',
        act: 'revoke_sessions',
        target: { kind: 'user', id: user },
        status: 'failed',
        at: '2026-01-01T00:00:00Z',
        count: null,
        code: 'no',
        message: 'no',
      }),
    ),
  'answers 500': (_, response) => response.writeHead(500, { 'content-type': 'application/json' }).end('{"code":"internal","message":"no"}'),
  'answers 429': (_, response) => response.writeHead(429, { 'content-type': 'application/json' }).end('{"code":"busy","message":"no"}'),
  'answers 404 of somebody in between': (_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not here'),
}
const isAct: (request: Parameters<Fault>[0]) => boolean = ({ method, path }) => method === 'POST' && path.endsWith('/acts')
const isQuestion: (request: Parameters<Fault>[0]) => boolean = ({ method, path }) => method === 'GET' && path.startsWith('/acts/')
const onlyOn =
  (isIt: typeof isAct, fault: Fault, most = 1): Fault =>
  (request, response) =>
    isIt(request) && most-- > 0 ? fault(request, response) : undefined

type Row = { id: string; state: ActionState; looks: number }
const rowOf = async (where: string): Promise<Row | undefined> =>
  ((await rig.asSuperuser(`select id, state, looks from action_requests where ${where}`)) as Row[])[0]
const isSettled = (row: Row | undefined): row is Row => row?.state === 'done' || row?.state === 'failed'

/** Lets the time pass after which the product is asked; `over`: after which no call can have an effect any more. */
const lookNow = (id: string, over: boolean) =>
  rig.asSuperuser(`update action_requests set look_at = clock_timestamp()${over ? `, call_expires_at = clock_timestamp() - interval '31 seconds'` : ''}
    where id = '${id}' and state in ('executing', 'unknown')`)

const settled = async (id: string): Promise<Row> =>
  until(async () => {
    await lookNow(id, true)
    const row = await rowOf(`id = '${id}'`)
    return isSettled(row) && row
  }, 60)

/** One intent, one outcome, at most one effect: the product's own journal says which. */
const requireOneOutcome = async (id: string, { state }: Row, wasUnknown: boolean) => {
  const effects = rig.effects().filter((effect) => effect.id === id)
  expect([state, effects.length]).toEqual([effects.length === 1 ? 'done' : 'failed', effects.length])
  const events = (await rig.events())
    .filter(({ details }) => (details as { request_id?: string } | undefined)?.request_id === id)
    .map(({ action, result }) => [action, result])
  const result = state === 'done' ? 'ok' : 'error'
  expect(events).toEqual([
    ['ACTION.STARTED', 'ok'],
    ...(wasUnknown
      ? [
          ['SESSION.REVOKED', 'error'],
          ['ACTION.RESOLVED', result],
        ]
      : [['SESSION.REVOKED', result]]),
  ])
}

describe.each(Object.entries(strikes))('a product that %s', { timeout: 600_000 }, (what, strike) => {
  const tryIt = async (effects: number) => {
    for (let n = 0; n < times; n++) {
      const { status, body } = await rig.act(rob, 'revoke_sessions', user)
      expect([status, body.state]).toEqual([202, 'unknown'])
      const row = await settled(body.id)
      await requireOneOutcome(body.id, row, true)
      expect(rig.effects().filter(({ id }) => id === body.id)).toHaveLength(effects)
    }
  }
  const again = (isIt: typeof isAct, most = 1) => {
    const seen = new Map<string, number>()
    return ((request, response) => {
      if (!isIt(request)) return
      // Each act and each question counts for itself.
      const key = `${request.method} ${isQuestion(request) ? request.path : rig.directory.calls.length}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
      return (seen.get(key) ?? 0) <= most ? strike(request, response) : undefined
    }) as Fault
  }

  // Some of them in a short run: each waits a few seconds.
  const runs = (short: readonly string[]): boolean => isLong || short.includes(what)

  if (runs(['times out', 'answers garbage', 'answers 500', 'answers 404 of somebody in between']))
    it('CR-2 before the effect leaves none, and says so at last', async () => {
      rig.directory.fault = again(isAct)
      await tryIt(0)
    })

  if (runs(['times out', 'resets', 'answers of another act', 'answers 429']))
    it('CR-3 after the effect has had one, and is not asked for another', async () => {
      rig.directory.faultAfter = again(isAct)
      await tryIt(1)
    })

  if (runs(['resets', 'answers 500']))
    it('CR-4 when it is asked what came of it is asked again', async () => {
      rig.directory.faultAfter = again(isAct)
      rig.directory.fault = again(isQuestion, 2)
      await tryIt(1)
    })
})

it('CR-4 that a product never heard of an act is final only once no call can have an effect', async () => {
  rig.directory.fault = onlyOn(isAct, strikes.resets as Fault)
  const { body } = await rig.act(rob, 'revoke_sessions', user)
  await lookNow(body.id, false)
  const { looks, state } = await until(async () => {
    const row = await rowOf(`id = '${body.id}'`)
    return row && row.looks > 0 && row
  })
  expect([looks, state]).toEqual([1, 'unknown'])
  expect((await settled(body.id)).state).toBe('failed')
})

it('CR-5 what nobody can be asked about is given up visibly, with one event', async () => {
  rig.directory.faultAfter = onlyOn(isAct, strikes.resets as Fault)
  const { body } = await rig.act(rob, 'revoke_sessions', user)
  rig.directory.fault = onlyOn(isQuestion, strikes['answers 500'] as Fault, 1_000)
  await rig.asSuperuser(`update action_requests set looks = 59, look_at = clock_timestamp() where id = '${body.id}'`)
  const note = /is not asked any more/
  await until(() => givenUp(body.id))
  const request = (await (await rob.get(`/api/actions/${body.id}`)).json()) as { state: string; outcome: { note: string } }
  expect(request.state).toBe('unknown')
  expect(request.outcome.note).toMatch(note)
})
const givenUp = async (id: string) =>
  (await rig.events({ action: 'ACTION.RESOLVED' })).some(
    ({ details, code }) => (details as { request_id?: string }).request_id === id && code === 'outcome_unknown',
  )

describe('a program that is killed', { timeout: 600_000 }, () => {
  const killed = async (when: (kill: () => Promise<void>) => void | Promise<void>) => {
    const replica = await spawnReplica(rig)
    const key = `killed-${Math.random()}`
    const answer = rig.act(replica.via(rob), 'revoke_sessions', user, {}, key).catch(() => undefined)
    await when(replica.kill)
    await answer
    await replica.kill()
    return rowOf(`idempotency_key = '${key}'`)
  }

  it.each([
    ['before the effect', 'fault'],
    ['after the effect and before its answer', 'faultAfter'],
  ] as const)(`CR-5 between the intent and the outcome, %s, leaves one outcome, ${times} times`, async (_, step) => {
    for (let n = 0; n < times; n++) {
      const row = await killed(
        (kill) =>
          new Promise<void>((resolve) => {
            rig.directory[step] = onlyOn(isAct, async () => {
              await kill()
              resolve()
            })
          }),
      )
      expect(row?.state).toBe('executing')
      await requireOneOutcome(row?.id as string, await settled(row?.id as string), false)
    }
  })

  it(`CR-1 CR-5 at any moment leaves one outcome for each intent, ${2 * times} times`, async () => {
    for (let n = 0; n < 2 * times; n++) {
      const row = await killed(async (kill) => {
        await pause(Math.random() * 60)
        await kill()
      })
      // Killed before the intent: then nothing happened.
      if (row) await requireOneOutcome(row.id, await settled(row.id), false)
    }
  })
})
