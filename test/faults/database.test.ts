import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findBinaries } from '../../server/src/store/embedded/binaries.ts'
import { findPlace } from '../../server/src/store/embedded/place.ts'
import { findPostmaster, launch, stopPostmaster } from '../../server/src/store/embedded/postmaster.ts'
import { startEmbedded } from '../../server/src/store/embedded.ts'
import { signIn } from '../support/browser.ts'
import { asSuperuser } from '../support/database.ts'
import { newFolder } from '../support/embedded.ts'
import { isLong } from '../support/long.ts'
import { type Program, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { writeConfig } from './product.ts'
import { addTenant, openSession } from './rig.ts'

/** How long /readyz may be behind: a look takes a second, a statement to a server that says nothing two. */
const graceMs = 3_000
/** From when the database is back until everything works. */
const backMs = 5_000

let upstream: Upstream
let program: Program | undefined
beforeAll(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await program?.stop()
  program = undefined
})
afterAll(() => upstream.close())

type Sample = { at: number; ready: boolean; works: boolean }

/** Every 100 ms: what /readyz says, and whether a request is forwarded, on the record, and staff are answered. */
const watch = async ({ console: url, gateway }: Program) => {
  const visitor = await signIn(url, 'rob')
  const { token } = await openSession(visitor)
  const samples: Sample[] = []
  const ok = (answer: Promise<Response>) =>
    answer.then(
      (response) => response.ok,
      () => false,
    )
  const look = async () => {
    const at = performance.now()
    const signal = AbortSignal.timeout(5_000)
    const [ready, forwards, lists] = await Promise.all([
      ok(fetch(`${url}/readyz`, { signal })),
      ok(fetch(`${gateway}/v1/usage`, { signal, headers: { authorization: `Bearer ${token}` } })),
      ok(visitor.get('/api/sessions?limit=1')),
    ])
    samples.push({ at, ready, works: forwards && lists })
  }
  const pending = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const looking = look()
    pending.add(looking)
    void looking.finally(() => pending.delete(looking))
  }, 100)
  return {
    samples,
    last: () => samples.at(-1),
    stop: async () => {
      clearInterval(timer)
      await Promise.all(pending)
      samples.sort((a, b) => a.at - b.at)
    },
  }
}

/**
 * The longest time for which /readyz said yes and something did not work. That it says no while some of it still does, on connections
 * that were open before, is true: nobody new is taken.
 */
const longestLie = (samples: readonly Sample[]): number => {
  let longest = 0
  let since: number | undefined
  for (const { at, ready, works } of samples) {
    if (!ready || works) since = undefined
    else {
      since ??= at
      longest = Math.max(longest, at - since)
    }
  }
  return longest
}

const childrenOf = (pid: number): number[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGSTOP']

/** `back` is settled when the server takes connections again. */
const hit = async (running: Program, pid: number, signal: NodeJS.Signals, back: () => Promise<void>): Promise<void> => {
  const watched = await watch(running)
  await until(() => watched.last()?.ready === true && watched.last()?.works === true)
  if (signal === 'SIGSTOP') {
    const frozen = [pid, ...childrenOf(pid)]
    for (const each of frozen) process.kill(each, signal)
    try {
      await until(() => watched.last()?.ready === false && watched.last()?.works === false)
    } finally {
      for (const each of frozen) process.kill(each, 'SIGCONT')
    }
  } else {
    process.kill(pid, signal)
    await back()
  }
  const wasBack = performance.now()
  await until(() => watched.samples.some(({ at, ready, works }) => at > wasBack && ready && works))
  const took = performance.now() - wasBack
  await watched.stop()
  expect(took).toBeLessThan(backMs)
  expect(longestLie(watched.samples)).toBeLessThan(graceMs)
}

describe('the embedded database', () => {
  const dataDir = newFolder()
  afterAll(() => dataDir.remove())

  it.each(isLong ? signals : signals.slice(0, 2))(
    'DB-1 hit by %s, is back, the program with it, and /readyz was true all along',
    async (signal) => {
      program = await startProgram(dataDir.path, {}, ['--config', writeConfig(dataDir.path, upstream.url)])
      await addTenant(dataDir.path)
      const { cluster } = findPlace(dataDir.path)
      const pid = findPostmaster(cluster)?.pid as number
      await hit(program, pid, signal, async () => {
        await until(() => {
          const found = findPostmaster(cluster)
          return found?.status === 'ready' && found.pid !== pid
        })
      })
    },
    90_000,
  )
})

describe("one's own database", () => {
  const server = newFolder()
  const dataDir = newFolder()
  const place = findPlace(server.path)
  const binaries = findBinaries(place.owner)
  let environment: Record<string, string>
  let superuserUrl: string

  beforeAll(async () => {
    // Made by the embedded one, and from then on looked after by nobody but the test.
    const made = await startEmbedded({ dataDir: server.path })
    environment = { DATABASE_URL: made.ownerUrl, DATABASE_APP_URL: made.appUrl, DATABASE_ERASER_URL: made.eraserUrl }
    superuserUrl = made.superuserUrl
    await made.stop()
    await launch(binaries, place)
  })
  afterAll(async () => {
    const found = findPostmaster(place.cluster)
    if (found) await stopPostmaster(found.pid, place.cluster)
    server.remove()
    dataDir.remove()
  })

  it.each(isLong ? signals : signals.slice(2))(
    'DB-1 hit by %s and started again, has the program back, and /readyz was true all along',
    async (signal) => {
      program = await startProgram(dataDir.path, environment, ['--config', writeConfig(dataDir.path, upstream.url)])
      const own = new URL(superuserUrl)
      own.pathname = '/countersign'
      await asSuperuser(
        own.href,
        `insert into tenants (id, name, status, created_at, updated_at) values ('ten_a', 'Tenant A', 'active', now(), now()) on conflict do nothing`,
      )
      await hit(program, findPostmaster(place.cluster)?.pid as number, signal, async () => {
        // It ends only when the program lets it.
        await until(() => findPostmaster(place.cluster) === undefined)
        await pause(1_000)
        await launch(binaries, place)
      })
    },
    90_000,
  )

  it.each([
    [
      'INSERT was revoked',
      'revoke insert on support_sessions from countersign_app',
      'grant insert on support_sessions to countersign_app',
      'INSERT on support_sessions',
    ],
    [
      'its sequence was set back',
      `select setval('events_n', 1)`,
      `select setval('events_n', (select max(n) + 100 from events))`,
      'set back',
    ],
    // What was signed is not there any more.
    ['its log was rolled back', 'update log_sequencer set size = size - 1', 'update log_sequencer set size = size + 1', 'log'],
  ])(
    'DB-1 where %s, /readyz says so within three seconds, with the reason, and is 200 again after it',
    async (_what, harm, undo, said) => {
      program = await startProgram(dataDir.path, environment, ['--config', writeConfig(dataDir.path, upstream.url)])
      const own = new URL(superuserUrl)
      own.pathname = '/countersign'
      const { console: url } = program
      const visitor = await signIn(url, 'rob')
      const ask = async () => {
        // Each opens a tenant, which would be on the record.
        await visitor.get('/api/tenants/ten_a')
        const answer = await fetch(`${url}/readyz`)
        return { status: answer.status, detail: ((await answer.json()) as { detail?: string }).detail ?? '' }
      }
      await until(async () => (await ask()).status === 200)
      await asSuperuser(own.href, harm)
      try {
        const harmed = performance.now()
        const { detail } = await until(async () => {
          const asked = await ask()
          return asked.status === 503 ? asked : undefined
        })
        expect(performance.now() - harmed).toBeLessThan(graceMs)
        expect(detail).toContain(said)
      } finally {
        await asSuperuser(own.href, undo)
      }
      await until(async () => (await ask()).status === 200, 30)
    },
    90_000,
  )
})
