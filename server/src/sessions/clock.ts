/** An instant of the database's clock, and between which two of our monotonic clock it was read. All in milliseconds. */
export type Reading = { databaseMs: number; sentMs: number; heardMs: number }

/** How far the database's clock went astray since it was read last: below 0 where it was set back. */
export type Jump = { byMs: number }

/** Clocks drift, and are put right little by little. This much is no drift. */
const backwardsMs = 1_000
const forwardsMs = 60_000
const driftPerMs = 0.001
/** So long a clock that jumped is not believed: by then what ran has been ended (clock-watch.ts). */
const doubtMs = 60_000

/** How far a reading is from where the clock must have come since another one; undefined where it may be there. */
const strayFrom = (before: Reading, { databaseMs, sentMs, heardMs }: Reading): Jump | undefined => {
  const least = before.databaseMs + (sentMs - before.heardMs)
  const most = before.databaseMs + (heardMs - before.sentMs)
  if (databaseMs < least - backwardsMs) return { byMs: databaseMs - least }
  return databaseMs > most + forwardsMs ? { byMs: databaseMs - most } : undefined
}

/**
 * The time that authority goes by: the last instant seen from the database and, since then, our own monotonic clock. A database
 * whose clock is set back lengthens nothing. A clock that was wrong leaves nothing behind either: one that ran ahead by more than a
 * minute is not taken up, and after a minute the database is believed again, whatever it says.
 */
export const newAuthorityClock = () => {
  let last: Reading | undefined
  /** What is gone by. */
  let base: Reading | undefined
  let doubtedMs: number | undefined

  const follow = (reading: Reading, before: Reading): Reading => {
    const gone = reading.heardMs - before.heardMs
    return { ...reading, databaseMs: Math.max(reading.databaseMs, before.databaseMs + gone * (1 - driftPerMs)) }
  }

  return {
    /** What the database's clock has come to at the least. */
    floorAt: (monotonicMs: number): number | undefined => base && base.databaseMs + (monotonicMs - base.heardMs),
    /** Takes a reading. Answers the jump before it, if there was one. */
    read(reading: Reading): Jump | undefined {
      const [sinceLast, sinceBase] = [last && strayFrom(last, reading), base && strayFrom(base, reading)]
      const isNews = doubtedMs === undefined
      last = reading
      if (!sinceBase) {
        base = base ? follow(reading, base) : reading
        doubtedMs = undefined
      } else {
        doubtedMs ??= reading.heardMs
        if (reading.heardMs - doubtedMs > doubtMs) {
          base = reading
          doubtedMs = undefined
        }
      }
      return sinceLast ?? (isNews ? sinceBase : undefined)
    },
  }
}
export type AuthorityClock = ReturnType<typeof newAuthorityClock>
