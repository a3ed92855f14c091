// `npm test`: everything, or what the arguments name. The last line counts, for people and for scripts.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

type Report = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: { status: string; assertionResults: unknown[] }[]
}

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'countersign-report-'))
const file = join(folder, 'report.json')

const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...process.argv.slice(2),
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
)

const readReport = (): Report | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}

const report = readReport()
rmSync(folder, { recursive: true, force: true })
const passed = report?.numPassedTests ?? 0
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
// A file that does not even load counts as one failure, and so does a run that went wrong outside every test.
const unloaded =
  report?.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length ?? 0
const counted = (report?.numFailedTests ?? 0) + unloaded
const failed = counted === 0 && (status !== 0 || passed === 0) ? 1 : counted
if (skipped > 0) console.log(`${skipped} skipped`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
