import { setTimeout as wait, setImmediate as yieldToOthers } from 'node:timers/promises'
import type { ServiceStatus } from '@countersign/contract/services.ts'
import { Refusal } from '../errors.ts'

export type LoopLog = { info(facts: object, sentence: string): void; warn(facts: object, sentence: string): void }

type Settings = {
  /** As it stands in the program's log and on `/readyz`. */
  name: string
  /** From the end of a pass to the next. */
  everyMs: number
  /** Before the first pass; by default it begins at once. */
  firstMs?: number
  /** After the first failure; doubled with each further one up to the longest, with jitter. By default as after a success. */
  retry?: { firstMs: number; longestMs: number }
  /** The work. It may answer when it wants to run again and what it could not do, and ends early when the signal fires. */
  pass(signal: AbortSignal): Promise<{ nextMs?: number; undone?: string } | undefined> | Promise<void>
  /** What is to be done after the last pass. */
  end?(): Promise<void>
  /** What anybody may be told of a failure. By default a refusal's own sentence, and nothing of any other error. */
  explain?(error: unknown): string
  /** It begins to fail, fails differently, or works again. */
  changed?(): void
  log: LoopLog
}

export type Loop = {
  /** Begins a pass now, or right after the one that is under way. */
  wake(): void
  status(): ServiceStatus
  /** Settled when the pass that is under way has ended, and nothing is held any more. */
  stop(): Promise<void>
}

const explainRefusal = (error: unknown): string => (error instanceof Refusal ? error.message : "It failed; the program's log says why.")

/** Half of it to all of it, so that those who failed together do not come back together. */
const jitter = (ms: number): number => ms * (0.5 + Math.random() / 2)

const formatInstant = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())

/** Runs one pass after another, in time and whenever it is woken, until it is stopped. A pass that fails is tried again. */
export const startLoop = ({ name, everyMs, firstMs, retry, pass, end, explain = explainRefusal, changed, log }: Settings): Loop => {
  const stopping = new AbortController()
  const { signal } = stopping
  let nap = new AbortController()
  let isRunning = false
  let failures = 0
  let failure: unknown
  let undone: string | undefined
  let lastRunMs: number | undefined
  let nextRunMs: number | undefined

  /** Logged once, however often it repeats. */
  const noteFailure = (error: unknown): void => {
    const isNews = failures === 0 || String(error) !== String(failure)
    failure = error
    failures += 1
    if (!isNews) return
    const facts = error instanceof Refusal ? { code: error.code, err: error.facts.cause ?? error } : { err: error }
    log.warn({ service: name, ...facts }, `${name} failed; it is tried again`)
    changed?.()
  }
  const noteUndone = (now: string | undefined): void => {
    if (now !== undefined && now !== undone) log.warn({ service: name }, `${name}: ${now}`)
    if (now === undefined && undone !== undefined) log.info({ service: name }, `${name} leaves nothing undone any more`)
    undone = now
  }
  const noteSuccess = (): void => {
    if (failures === 0) return
    log.info({ service: name, failures }, `${name} works again`)
    failures = 0
    changed?.()
  }
  const retryMs = (): number => (retry ? jitter(Math.min(retry.longestMs, retry.firstMs * 2 ** (failures - 1))) : everyMs)

  /** Answers how long to rest after it. */
  const attempt = async (): Promise<number> => {
    isRunning = true
    lastRunMs = Date.now()
    try {
      const { nextMs = everyMs, undone: left } = (await pass(signal)) ?? {}
      noteSuccess()
      noteUndone(left)
      return nextMs
    } catch (error) {
      noteFailure(error)
      return retryMs()
    } finally {
      isRunning = false
    }
  }
  const rest = async (ms: number): Promise<void> => {
    nextRunMs = Date.now() + ms
    await (ms > 0 ? wait(ms, undefined, { signal: nap.signal }).catch(() => {}) : yieldToOthers())
    nextRunMs = undefined
    nap = new AbortController()
  }
  const run = async (): Promise<void> => {
    if (firstMs !== undefined) await rest(firstMs)
    while (!signal.aborted) await rest(await attempt())
    await end?.().catch((err) => log.warn({ service: name, err }, `${name} left something behind`))
  }
  const running = run()
  const state = (): ServiceStatus['state'] => {
    if (signal.aborted) return 'stopped'
    if (failures > 0) return 'failing'
    if (undone !== undefined) return 'degraded'
    return isRunning ? 'running' : 'waiting'
  }

  return {
    wake: () => nap.abort(),
    status: () => ({
      name,
      state: state(),
      last_run_at: formatInstant(lastRunMs),
      last_error: failures > 0 ? explain(failure) : (undone ?? null),
      next_run_at: formatInstant(nextRunMs),
    }),
    async stop() {
      stopping.abort()
      nap.abort()
      await running
    },
  }
}
