import { actChecks } from './acts.ts'
import type { Seen } from './check.ts'
import { directoryChecks } from './directory.ts'
import { Fault, openProbe, type ProbeOptions } from './probe.ts'
import { trustChecks } from './trust.ts'

export type Finding = { name: string; ok: true; seen: string } | { name: string; ok: false; problem: string; hint: string }

/**
 * Goes through the connector protocol as an integrator would want, and tells of each thing as it is found. Acts are tried, for
 * real, on the user who is named as expendable; without one they are left out.
 */
export async function* checkConnector(options: ProbeOptions & { expendableUser?: string }): AsyncGenerator<Finding> {
  const acts = options.expendableUser === undefined ? [] : actChecks(options.expendableUser)
  const probe = openProbe(options)
  const seen: Seen = { tenants: [], syncToken: null }
  try {
    for (const { name, hint, needed, run } of [...trustChecks, ...directoryChecks, ...acts]) {
      try {
        yield { name, ok: true, seen: await run(probe, seen) }
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        yield { name, ok: false, problem: error.message, hint }
        if (needed) return
      }
    }
  } finally {
    await probe.close()
  }
}
