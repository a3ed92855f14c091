import type { Finding } from '../outbound/check.ts'

/** What a product sends is printed inert: nothing in it steers a terminal. */
export const inert = (text: string): string =>
  text.slice(0, 500).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)

const labels = { ok: 'ok   ', warning: 'WARN ', untested: 'skip ', failed: 'FAIL ' } as const

const lineOf = (finding: Finding): string =>
  finding.result === 'ok'
    ? `  ${labels.ok} ${finding.name}: ${inert(finding.seen)}\n`
    : `  ${labels[finding.result]} ${finding.name}: ${inert(finding.problem)}\n          ${finding.hint}\n`

type Report = { url: string; findings: AsyncIterable<Finding>; intro: string; json: boolean; write: (text: string) => void }

/** Prints what is found, as it is found. Answers the exit code: 1 where something failed; what is only advised fails nothing. */
export const reportFindings = async ({ url, findings, intro, json, write }: Report): Promise<number> => {
  const found: Finding[] = []
  if (!json) write(intro)
  for await (const finding of findings) {
    found.push(finding)
    if (!json) write(lineOf(finding))
  }
  const count = (result: Finding['result']) => found.filter((finding) => finding.result === result).length
  const [passed, failed, warnings, untested] = [count('ok'), count('failed'), count('warning'), count('untested')]
  if (json) write(`${JSON.stringify({ url, passed, failed, warnings, untested, findings: found })}\n`)
  else write(`\n  ${passed} passed, ${failed} failed, ${warnings} warnings, ${untested} not tested\n\n`)
  return failed === 0 ? 0 : 1
}
