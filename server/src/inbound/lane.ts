import { Refusal } from '../errors.ts'

/** Limits of a lane: how much of it may be under way, and may wait, of one owner and of all together. */
export type LaneLimits = {
  atOnce: number
  atOncePerOwner: number
  waiting: number
  waitingPerOwner: number
  waitMs: number
}

export type Place = {
  /** Whether it had to wait: what was judged before is old by now. */
  hasWaited: boolean
  /** Twice is harmless. */
  leave(): void
}

export type Lane<Owner> = {
  /** A place for one request of this owner, in its turn. Refuses with `overloaded` where too much waits, or for too long. */
  enter(owner: Owner): Place | Promise<Place>
  /** How many requests of this owner wait. */
  waitingOf(owner: Owner): number
  /** Nobody waits for this owner's requests any more. */
  drop(owner: Owner): void
}

type Waiting = { start(): void; refuse(): void }

/**
 * Requests of one kind: so many at once, and of one owner so many. The others wait, and owners take turns, so that whoever asks
 * for much waits behind whoever asks for little.
 */
export const newLane = <Owner>(limits: LaneLimits): Lane<Owner> => {
  const running = new Map<Owner, number>()
  let allRunning = 0
  /** Owners of whom something waits, the next one to have a turn first. */
  const turns = new Map<Owner, Set<Waiting>>()
  let allWaiting = 0

  const isFree = (owner: Owner): boolean => allRunning < limits.atOnce && (running.get(owner) ?? 0) < limits.atOncePerOwner

  const take = (owner: Owner, hasWaited: boolean): Place => {
    let isHeld = true
    allRunning += 1
    running.set(owner, (running.get(owner) ?? 0) + 1)
    return {
      hasWaited,
      leave: () => {
        if (!isHeld) return
        isHeld = false
        allRunning -= 1
        const left = (running.get(owner) ?? 0) - 1
        if (left > 0) running.set(owner, left)
        else running.delete(owner)
        next()
      },
    }
  }
  const forget = (owner: Owner, one: Waiting): void => {
    const waiting = turns.get(owner)
    if (!waiting?.delete(one)) return
    allWaiting -= 1
    if (waiting.size === 0) turns.delete(owner)
  }
  const next = (): void => {
    for (const [owner, waiting] of turns) {
      if (allRunning >= limits.atOnce) return
      const [first] = waiting
      if (!first || !isFree(owner)) continue
      // Its next one has its turn after everybody else's.
      turns.delete(owner)
      turns.set(owner, waiting)
      first.start()
    }
  }
  const wait = (owner: Owner): Promise<Place> =>
    new Promise((resolve, reject) => {
      const leaveQueue = () => {
        clearTimeout(timer)
        forget(owner, one)
      }
      const one: Waiting = {
        start: () => {
          leaveQueue()
          resolve(take(owner, true))
        },
        refuse: () => {
          leaveQueue()
          reject(new Refusal('overloaded', { detail: 'It waited for others for too long.' }))
        },
      }
      const timer = setTimeout(one.refuse, limits.waitMs)
      const waiting = turns.get(owner) ?? new Set()
      turns.set(owner, waiting.add(one))
      allWaiting += 1
    })

  return {
    enter: (owner) => {
      const ahead = turns.get(owner)?.size ?? 0
      if (ahead === 0 && isFree(owner)) return take(owner, false)
      if (ahead >= limits.waitingPerOwner || allWaiting >= limits.waiting) throw new Refusal('overloaded')
      return wait(owner)
    },
    waitingOf: (owner) => turns.get(owner)?.size ?? 0,
    drop: (owner) => {
      for (const one of turns.get(owner) ?? []) one.refuse()
    },
  }
}
