import { type Finding, runChecks } from '../../../outbound/check.ts'
import { actChecks } from './acts.ts'
import { directoryChecks } from './directory.ts'
import { openProbe, type ProbeOptions } from './probe.ts'
import { trustChecks } from './trust.ts'

/**
 * Goes through the connector protocol as an integrator would want, and tells of each thing as it is found. Acts are tried, for
 * real, on the user who is named as expendable; without one they are left out.
 */
export async function* checkConnector(options: ProbeOptions & { expendableUser?: string }): AsyncGenerator<Finding> {
  const acts = options.expendableUser === undefined ? [] : actChecks(options.expendableUser)
  const probe = openProbe(options)
  try {
    yield* runChecks([...trustChecks, ...directoryChecks, ...acts], probe, { tenants: [], isWhole: false, syncToken: null })
  } finally {
    await probe.close()
  }
}
