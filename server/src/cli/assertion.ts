import type { ProbeOptions } from '../sessions/assertion-check/probe.ts'
import { checkAssertions } from '../sessions/assertion-check/run.ts'
import { reportFindings } from './report.ts'

type Options = ProbeOptions & { json: boolean; write?: (text: string) => void }

/** `countersign assertion check <url>`. Answers the exit code: 1 where anything is wrong. */
export const runAssertionCheck = async ({ json, write = (text) => process.stdout.write(text), ...options }: Options): Promise<number> =>
  reportFindings({
    url: options.url,
    findings: checkAssertions(options),
    intro: `\n  GET ${options.url}\n  signed as ${options.issuer}, audience ${options.audience}, scope ${options.scope}, tenant ${options.tenant}\n\n`,
    json,
    write,
  })
