import { checkConnector } from '../directory/connectors/check/run.ts'
import type { Keys } from '../keys.ts'

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

/** What a connector sends is printed inert: nothing in it steers a terminal. */
const inert = (text: string): string =>
  text.slice(0, 500).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)

const actsLeftOut = '  acts are left out: name a user whom you can spare with --expendable-user <id>\n\n'

/** `countersign connector check <url>`. Answers the exit code: 1 where anything is wrong. */
export const runConnectorCheck = async ({ json, write = (text) => process.stdout.write(text), ...options }: Options): Promise<number> => {
  const findings = []
  if (!json) write(`\n  ${options.url}\n  asked as ${options.issuer}, audience ${options.audience}\n`)
  if (!json) write(options.expendableUser === undefined ? actsLeftOut : `  acts are done to ${inert(options.expendableUser)}\n\n`)
  for await (const finding of checkConnector(options)) {
    findings.push(finding)
    if (json) continue
    if (finding.ok) write(`  ok    ${finding.name}: ${inert(finding.seen)}\n`)
    else write(`  FAIL  ${finding.name}: ${inert(finding.problem)}\n          ${finding.hint}\n`)
  }
  const failed = findings.filter(({ ok }) => !ok).length
  if (json) write(`${JSON.stringify({ url: options.url, passed: findings.length - failed, failed, findings })}\n`)
  else write(`\n  ${findings.length - failed} passed, ${failed} failed\n\n`)
  return failed === 0 ? 0 : 1
}
