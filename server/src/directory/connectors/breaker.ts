import { Refusal } from '../../errors.ts'

const failuresToOpen = 3
const pauseMilliseconds = 2_000

/** Keeps off a directory that has not answered several times in a row, for two seconds at a time. */
export const newBreaker = (now: () => number = () => performance.now()) => {
  let failures = 0
  let closedAgainAt = 0
  return {
    requireClosed(): void {
      if (now() < closedAgainAt) {
        throw new Refusal('directory_unavailable', { cause: new Error(`not asked: the last ${failures} calls failed`) })
      }
    },
    succeed(): void {
      failures = 0
    },
    fail(): void {
      failures += 1
      if (failures >= failuresToOpen) closedAgainAt = now() + pauseMilliseconds
    },
  }
}
