// `npm test`: everything, or what the arguments name. `--long` leaves nothing out (`npm run test:long`). The last line
// counts, for people and for scripts.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Counts } from './report.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'countersign-report-'))
const file = join(folder, 'counts.json')
const isLong = process.argv.includes('--long')
const names = process.argv.slice(2).filter((argument) => argument !== '--long')

const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...names,
    '--reporter=default',
    `--reporter=${join(root, 'scripts', 'report.ts')}`,
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, COUNTERSIGN_TEST_COUNTS: file, ...(isLong ? { COUNTERSIGN_TEST_LONG: '1' } : {}) },
  },
)

const readCounts = (): Counts => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  }
}

const { passed, failed: counted, skipped } = readCounts()
rmSync(folder, { recursive: true, force: true })
// A run that went wrong outside every test, or in which nothing was tested, has failed too.
const failed = counted === 0 && (status !== 0 || passed === 0) ? 1 : counted
if (skipped > 0) console.log(`${skipped} skipped`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
