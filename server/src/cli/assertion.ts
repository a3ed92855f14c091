import type { Config } from '../config.ts'
import type { ProbeOptions } from '../sessions/assertion-check/probe.ts'
import { checkAssertions } from '../sessions/assertion-check/run.ts'
import { reportFindings } from './report.ts'

type Options = ProbeOptions & { json: boolean; write?: (text: string) => void }

type Upstreams = Pick<Config['gateway'], 'upstream' | 'upstreams' | 'upstream_audience' | 'upstream_audiences'>

const isBelow = (url: string, address: string): boolean => {
  const [asked, base] = [new URL(url), new URL(address)]
  return asked.origin === base.origin && `${asked.pathname}/`.startsWith(`${base.pathname.replace(/\/$/, '')}/`)
}

/** `aud` for the upstream that is at this address, the longest of several; undefined where none is. */
export const audienceAt = ({ upstream, upstreams, upstream_audience, upstream_audiences }: Upstreams, url: string): string | undefined => {
  const [found] = Object.entries({ default: upstream, ...upstreams })
    .filter(([, address]) => isBelow(url, address))
    .sort(([, a], [, b]) => b.length - a.length)
  return found && (upstream_audiences[found[0]] ?? upstream_audience)
}

/** `countersign assertion check <url>`. Answers the exit code: 1 where anything is wrong. */
export const runAssertionCheck = async ({ json, write = (text) => process.stdout.write(text), ...options }: Options): Promise<number> =>
  reportFindings({
    url: options.url,
    findings: checkAssertions(options),
    intro: `\n  GET ${options.url}\n  signed as ${options.issuer}, audience ${options.audience}, scope ${options.scope}, tenant ${options.tenant}\n\n`,
    json,
    write,
  })
