/** What is wrong, in one sentence. */
export class Fault extends Error {
  override name = 'Fault'
}

/** What the page only advises: it is told, and fails nothing. */
export class Advice extends Fault {
  override name = 'Advice'
}

/** What could not be tried, and why. */
export class Untested extends Fault {
  override name = 'Untested'
}

/** One thing that must be so. `run` answers what was seen, or throws a Fault. Without a `needed` one the rest makes no sense. */
export type CheckOf<Probe, Seen> = {
  name: string
  hint: string
  needed?: boolean
  run: (probe: Probe, seen: Seen) => Promise<string>
}

export type Finding = { name: string } & (
  | { result: 'ok'; seen: string }
  | { result: 'warning' | 'untested' | 'failed'; problem: string; hint: string }
)

const resultOf = (fault: Fault) => (fault instanceof Advice ? 'warning' : fault instanceof Untested ? 'untested' : 'failed')

/** Goes through the checks, and tells of each as it is found. */
export async function* runChecks<Probe, Seen>(checks: readonly CheckOf<Probe, Seen>[], probe: Probe, seen: Seen): AsyncGenerator<Finding> {
  for (const { name, hint, needed, run } of checks) {
    try {
      yield { name, result: 'ok', seen: await run(probe, seen) }
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      yield { name, result: resultOf(error), problem: error.message, hint }
      if (needed) return
    }
  }
}
