import { type Finding, firstFinding, formatPlace } from '@countersign/log/verifier.ts'

/** Findings that are printed after the first. */
const maxPrinted = 20

const tell = (finding: Finding): string => `${formatPlace(finding)}: ${finding.reason} (${finding.code})`

/** Says what does not verify, the most exact finding first; false where there is none. */
export const printFindings = (what: string, findings: readonly Finding[], print: (line: string) => void): boolean => {
  const first = firstFinding(findings)
  if (!first) return false
  print(`${what} does NOT verify. First: ${tell(first)}`)
  const others = findings.filter((finding) => finding !== first)
  for (const finding of others.slice(0, maxPrinted)) print(`  also ${tell(finding)}`)
  if (others.length > maxPrinted) print(`  and ${others.length - maxPrinted} more`)
  return true
}
