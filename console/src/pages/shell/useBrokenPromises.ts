import { useCallback, useEffect, useState } from 'react'
import { getBytes } from '../../api/call.ts'
import { client } from '../../api/client.ts'
import { staleSince } from '../../api/connection.ts'
import { canReadAudit, logQuery, useMe } from '../../api/me.ts'
import { dropPromise, type KeptPromise, keptPromises } from '../../api/promises.ts'

/** A promise that is due, and has `count` events that are not in a log that has gone beyond it; the first of them is of `at`. */
export type BrokenPromise = { kept: KeptPromise; note: string; count: number; at: string }

/** An event is in the log within a second or so. */
const settlesMs = 3_000
const everyMs = 3_000

const whenIdle = (work: () => void): void => {
  if ('requestIdleCallback' in window) requestIdleCallback(work)
  else work()
}

const judgeKept = async (): Promise<BrokenPromise[]> => {
  const log = client.getQueryData(logQuery.queryKey)
  const kept = keptPromises().filter(({ keptAt }) => Date.now() - keptAt > settlesMs)
  if (kept.length === 0 || !log) return []
  const { redeem } = await import('./redeem.ts')
  return await redeem({ kept, readBytes: (path) => getBytes(path, true), log, drop: dropPromise })
}

/** Redeems the promises that this browser keeps, while nothing else is to be done; answers those that the log broke. */
export const useBrokenPromises = (): { broken: readonly BrokenPromise[]; forget: () => void } => {
  const mayAsk = canReadAudit(useMe())
  const [broken, setBroken] = useState<readonly BrokenPromise[]>([])
  useEffect(() => {
    if (!mayAsk) return
    let isJudging = false
    const round = async (): Promise<void> => {
      if (isJudging || document.hidden || staleSince() !== null) return
      isJudging = true
      // Whatever kept it from being judged is told where it matters to a person, and passes.
      await judgeKept().then(
        (found) => setBroken((before) => (before.length + found.length === 0 ? before : found)),
        () => {},
      )
      isJudging = false
    }
    const timer = setInterval(() => whenIdle(() => void round()), everyMs)
    return () => clearInterval(timer)
  }, [mayAsk])
  const forget = useCallback(() => {
    for (const { kept } of broken) dropPromise(kept)
    setBroken([])
  }, [broken])
  return { broken, forget }
}
