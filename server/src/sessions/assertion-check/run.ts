import { type Finding, runChecks } from '../../outbound/check.ts'
import { checks } from './checks.ts'
import { openProbe, type ProbeOptions } from './probe.ts'

/** Goes through the verification of the gateway's assertion by a product, with requests that read. */
export async function* checkAssertions(options: ProbeOptions): AsyncGenerator<Finding> {
  const probe = openProbe(options)
  try {
    yield* runChecks(checks, probe, undefined)
  } finally {
    await probe.close()
  }
}
