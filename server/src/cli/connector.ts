import { checkConnector } from '../directory/connectors/check/run.ts'
import type { Keys } from '../keys.ts'
import { inert, reportFindings } from './report.ts'

type Options = {
  url: string
  audience: string
  /** Public address of the console, where the connector finds the keys. */
  issuer: string
  keys: Pick<Keys, 'assertion'>
  /** A user whom the integrator can spare: acts are tried on it, for real. */
  expendableUser?: string
  json: boolean
  write?: (text: string) => void
}

const actsLeftOut = '  acts are not tested: to test them, name a user whom you can spare with --expendable-user <id>\n\n'

/** `countersign connector check <url>`. Answers the exit code: 1 where anything is wrong. */
export const runConnectorCheck = async ({ json, write = (text) => process.stdout.write(text), ...options }: Options): Promise<number> =>
  reportFindings({
    url: options.url,
    findings: checkConnector(options),
    intro:
      `\n  ${options.url}\n  asked as ${options.issuer}, audience ${options.audience}\n` +
      (options.expendableUser === undefined ? actsLeftOut : `  acts are done to ${inert(options.expendableUser)}\n\n`),
    json,
    write,
  })
