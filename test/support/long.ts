import type { TestContext } from 'vitest'

/** Whether this is `npm run test:long`, which leaves nothing out. */
export const isLong = process.env.COUNTERSIGN_TEST_LONG === '1'

/** How many of `all` repetitions this run does: all of them in a long one, a tenth otherwise. */
export const share = (all: number): number => (isLong ? all : Math.ceil(all / 10))

/** Skips this test unless the run is a long one. The run prints the reason. */
export const onlyLong = ({ skip }: TestContext, reason: string): void => skip(!isLong, `only in npm run test:long: ${reason}`)
