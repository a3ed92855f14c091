// What a run of the tests says at its end, beside Vitest's own lines: what was skipped and why, and where the time went.
// The counts go to the file that COUNTERSIGN_TEST_COUNTS names, for `npm test`.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Reporter, TestModule } from 'vitest/node'

export type Counts = { passed: number; failed: number; skipped: number }

const root = fileURLToPath(new URL('..', import.meta.url))
const slowest = 10

/** Seconds from the start of a file's process to the end of its last hook. */
const secondsOf = (module: TestModule): number => {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } = module.diagnostic()
  return (environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration) / 1_000
}

const pathOf = (module: TestModule): string => relative(root, module.moduleId).replaceAll('\\', '/')
const groupOf = (path: string): string => /^test\/([^/]+)\//.exec(path)?.[1] ?? (path.split('/')[0] as string)

const sumBy = <T>(items: readonly T[], key: (item: T) => string, value: (item: T) => number): [string, number][] => {
  const sums = new Map<string, number>()
  for (const item of items) sums.set(key(item), (sums.get(key(item)) ?? 0) + value(item))
  return [...sums].sort(([, a], [, b]) => b - a)
}

/** A file that failed although none of its tests did counts as one failure (it did not load, a hook threw), and so does each error outside every file. */
const count = (modules: readonly TestModule[], errors: number): Counts => {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const inState = (state: string) => tests.filter((test) => test.result().state === state).length
  const broken = modules.filter((module) => module.state() === 'failed' && [...module.children.allTests('failed')].length === 0).length
  return { passed: inState('passed'), failed: inState('failed') + broken + errors, skipped: inState('skipped') }
}

const listSkipped = (modules: readonly TestModule[]): string[] => {
  const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')])
  const reasonOf = (note: string | undefined) => note ?? 'no reason given'
  return sumBy(
    skipped.map((test) => test.result()),
    (result) => reasonOf(result?.state === 'skipped' ? result.note : undefined),
    () => 1,
  ).map(([reason, number]) => `${number} skipped: ${reason}`)
}

export default class Report implements Reporter {
  private began = 0

  onTestRunStart(): void {
    this.began = performance.now()
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const files = modules.map((module) => ({ path: pathOf(module), seconds: secondsOf(module) }))
    const groups = sumBy(
      files,
      ({ path }) => groupOf(path),
      ({ seconds }) => seconds,
    )
    const lines = [
      `Time per group: ${groups.map(([group, seconds]) => `${group} ${seconds.toFixed(0)} s`).join(', ')}`,
      `Slowest files, of ${((performance.now() - this.began) / 1_000).toFixed(0)} s in all:`,
      ...files
        .sort((a, b) => b.seconds - a.seconds)
        .slice(0, slowest)
        .map(({ path, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${path}`),
      ...listSkipped(modules),
    ]
    console.log(`\n${lines.join('\n')}`)
    const { COUNTERSIGN_TEST_COUNTS: file } = process.env
    if (file) writeFileSync(file, JSON.stringify(count(modules, errors.length)))
  }
}
