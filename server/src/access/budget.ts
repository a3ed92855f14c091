/** How many events of one kind may be recorded in a minute. */
export type Budget = {
  /** The number of times refused since it last said yes, or undefined: count it, do not record it. A key is let through once a minute. */
  take(key?: string): number | undefined
}

/**
 * Anybody can make us refuse, and each refusal kept for ever would let anybody fill the log. So refusals of callers whom
 * nobody vouches for are recorded up to a limit per minute and process; the next one recorded says how many were not.
 */
export const newBudget = (perMinute: number, now: () => number = () => performance.now()): Budget => {
  let start = now()
  let taken = 0
  let left = 0
  const keys = new Set<string>()
  return {
    take: (key) => {
      if (now() - start >= 60_000) {
        start = now()
        taken = 0
        keys.clear()
      }
      if (taken >= perMinute || (key !== undefined && keys.has(key))) {
        left += 1
        return undefined
      }
      taken += 1
      if (key !== undefined) keys.add(key)
      const unrecorded = left
      left = 0
      return unrecorded
    },
  }
}
