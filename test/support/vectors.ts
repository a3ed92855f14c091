import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describeUnless } from './unless.ts'

const shared = resolve(import.meta.dirname, '../../../shared/vectors')

/**
 * Tests with data of others, which stands beside the repository, in `../shared/vectors/`. Where that folder is missing they are
 * skipped, and the run says so; in CI they are never skipped.
 */
export const describeVectors = (folder: string, title: string, tests: (path: string) => void): void => {
  const isThere = existsSync(shared) || process.env.CI
  describeUnless(isThere ? undefined : 'the folder ../shared/vectors is missing', title, () => tests(resolve(shared, folder)))
}
