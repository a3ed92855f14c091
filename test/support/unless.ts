import { describe, it } from 'vitest'

/** Tests of something that may be missing here: where `why` says so, they are skipped, and the run prints it. */
export const describeUnless = (why: string | undefined, title: string, tests: () => void): void => {
  if (why === undefined) describe(title, tests)
  else describe(title, () => it('is tested where it is there', ({ skip }) => skip(why)))
}
