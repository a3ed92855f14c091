import { describe, expect, it } from 'vitest'
import { Refusal } from '../../server/src/errors.ts'
import { type Loop, startLoop } from '../../server/src/run/loop.ts'
import { until } from '../support/until.ts'

const hour = 3_600_000

/** A loop whose passes end, or fail, when they are told to. */
const startHeld = (settings: Partial<Parameters<typeof startLoop>[0]> = {}) => {
  const held: { end(): void; fail(error: unknown): void; signal: AbortSignal }[] = []
  const logged: [string, object][] = []
  let most = 0
  let now = 0
  const loop = startLoop({
    name: 'the test',
    everyMs: hour,
    log: { info: (facts, sentence) => void logged.push([sentence, facts]), warn: (facts, sentence) => void logged.push([sentence, facts]) },
    pass: async (signal) => {
      most = Math.max(most, ++now)
      try {
        await new Promise<void>((resolve, reject) => void held.push({ end: resolve, fail: reject, signal }))
      } finally {
        now -= 1
      }
    },
    ...settings,
  })
  const passes = async (count: number) => {
    await until(async () => held.length >= count)
    return held[count - 1] as (typeof held)[number]
  }
  return { loop, logged, held, passes, most: () => most }
}
const stateOf = (loop: Loop) => loop.status().state

describe('a loop', () => {
  it('runs at once, then in time', async () => {
    const { loop, passes } = startHeld({ everyMs: 5 })
    for (let n = 1; n <= 3; n++) (await passes(n)).end()
    ;(await passes(4)).end()
    await loop.stop()
  })

  it('runs when it is woken, and once more when it is woken during a pass: never two at once', async () => {
    const { loop, passes, held, most } = startHeld()
    const first = await passes(1)
    loop.wake()
    loop.wake()
    first.end()
    ;(await passes(2)).end()
    await until(async () => stateOf(loop) === 'waiting')
    loop.wake()
    ;(await passes(3)).end()
    await until(async () => stateOf(loop) === 'waiting')
    expect([held.length, most()]).toEqual([3, 1])
    await loop.stop()
  })

  it('stops with the pass under way, which is told; and begins no other, however it is woken', async () => {
    const { loop, passes, held } = startHeld({ everyMs: 0 })
    const first = await passes(1)
    let stopped = false
    const stop = loop.stop().then(() => {
      stopped = true
    })
    expect(first.signal.aborted).toBe(true)
    loop.wake()
    await new Promise((resolve) => setImmediate(resolve))
    expect([stopped, stateOf(loop)]).toEqual([false, 'stopped'])
    first.end()
    await stop
    expect(held).toHaveLength(1)
  })

  it('stops at once where it only waits, also for its first pass', async () => {
    const { loop, held } = startHeld({ firstMs: hour })
    expect(stateOf(loop)).toBe('waiting')
    await loop.stop()
    expect(held).toHaveLength(0)
  })

  it('says what it does, when it ran, when it runs next, and how the last run failed', async () => {
    const before = Date.now()
    const { loop, passes } = startHeld()
    const first = await passes(1)
    const running = loop.status()
    expect(running).toMatchObject({ name: 'the test', state: 'running', last_error: null, next_run_at: null })
    expect(Date.parse(running.last_run_at as string)).toBeGreaterThanOrEqual(before)
    first.end()
    await until(async () => stateOf(loop) === 'waiting')
    expect(Date.parse(loop.status().next_run_at as string)).toBeGreaterThanOrEqual(before + hour)
    loop.wake()
    ;(await passes(2)).fail(new Refusal('directory_unavailable', { cause: new Error('connect ECONNREFUSED 10.0.0.7:443') }))
    await until(async () => stateOf(loop) === 'failing')
    expect(loop.status().last_error).toBe(new Refusal('directory_unavailable').message)
    loop.wake()
    ;(await passes(3)).fail(new Error('password authentication failed for "countersign"'))
    await until(async () => loop.status().last_error !== new Refusal('directory_unavailable').message)
    expect(loop.status().last_error).toBe("It failed; the program's log says why.")
    loop.wake()
    ;(await passes(4)).end()
    await until(async () => stateOf(loop) === 'waiting')
    expect(loop.status().last_error).toBeNull()
    await loop.stop()
  })

  it('logs a failure once, with its cause, and that it works again', async () => {
    const { loop, passes, logged } = startHeld({ retry: { firstMs: 1, longestMs: 1 } })
    const cause = new Error('connect ECONNREFUSED')
    for (let n = 1; n <= 3; n++) (await passes(n)).fail(new Refusal('directory_unavailable', { cause }))
    ;(await passes(4)).fail(new Error('another'))
    ;(await passes(5)).end()
    await until(async () => stateOf(loop) === 'waiting')
    await loop.stop()
    expect(logged).toMatchObject([
      ['the test failed; it is tried again', { service: 'the test', code: 'directory_unavailable', err: cause }],
      ['the test failed; it is tried again', { service: 'the test', err: { message: 'another' } }],
      ['the test works again', { service: 'the test', failures: 4 }],
    ])
  })

  it('tries again after a failure: ever later, up to the longest, with jitter; and soon again after a success', async () => {
    const { loop, passes } = startHeld({ retry: { firstMs: 10_000, longestMs: 60_000 } })
    const waits: number[] = []
    for (let n = 1; n <= 5; n++) {
      ;(await passes(n)).fail(new Error('down'))
      await until(async () => loop.status().next_run_at !== null)
      waits.push(Date.parse(loop.status().next_run_at as string) - Date.now())
      loop.wake()
    }
    for (const [i, full] of [10_000, 20_000, 40_000, 60_000, 60_000].entries()) {
      expect(waits[i]).toBeLessThanOrEqual(full)
      expect(waits[i]).toBeGreaterThan(full / 2 - 1_000)
    }
    ;(await passes(6)).end()
    await until(async () => stateOf(loop) === 'waiting')
    loop.wake()
    ;(await passes(7)).fail(new Error('down'))
    await until(async () => stateOf(loop) === 'failing' && loop.status().next_run_at !== null)
    expect(Date.parse(loop.status().next_run_at as string) - Date.now()).toBeLessThanOrEqual(10_000)
    await loop.stop()
  })

  it('runs again as soon as a pass asks for it', async () => {
    let count = 0
    const { loop } = startHeld({ pass: async () => (++count < 5 ? { nextMs: 0 } : undefined) })
    await until(async () => count === 5 && stateOf(loop) === 'waiting')
    await loop.stop()
  })
})
