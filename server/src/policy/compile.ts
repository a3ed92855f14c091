import { createHash } from 'node:crypto'
import { formatPolicies, preparsePolicySet, preparseSchema, validate } from '@cedar-policy/cedar-wasm/nodejs'
import { actionNames } from '@countersign/contract/actions.ts'
import { type PolicyFile, parsePolicyFile } from './parse-file.ts'
import { schemaOf } from './schema.ts'
import type { Table } from './table.ts'
import { permitsOf, type Rule, rulesOf } from './translate.ts'

/** A policy that was understood as a whole. Two with the same hash decide the same. */
export type Policy = {
  table: Table
  /** Whether actions need a signature of the requester's own. */
  stepUp: boolean
  rules: readonly Rule[]
  /** Its canonical text: what decides, and nothing else. */
  text: string
  /** SHA-256 of the text, hex. Events of actions carry it, and the engine keeps what it parsed under this name. */
  hash: string
}

const requireSuccess = (answer: { type: 'success' } | { type: 'failure'; errors: { message: string }[] }): void => {
  if (answer.type === 'failure') throw new Error(`the policy does not hold together: ${answer.errors[0]?.message}`)
}

/** A rule's name in the engine is its place, so that equal texts have equal names. */
export const ruleName = (at: number): string => `rule${at}`

const setOf = (permits: readonly string[], rules: readonly Rule[]) => ({
  staticPolicies: Object.fromEntries([
    ...permits.map((text, at) => [`permit${at}`, text] as const),
    ...rules.map(({ text }, at) => [ruleName(at), text] as const),
  ]),
})

const format = (policies: readonly string[]): string => {
  const answer = formatPolicies({ policyText: policies.join('\n'), lineWidth: 100, indentWidth: 2 })
  if (answer.type === 'failure') throw new Error(`the policy cannot be printed: ${answer.errors[0]?.message}`)
  return answer.formatted_policy
}

/** Whose signatures count is not said in Cedar, which cannot count. */
const approvalLines = (table: Table): string[] =>
  actionNames.map((name) => {
    const { approvers, expires_minutes } = table[name]
    return `// ${name}: approvals count from ${approvers.toSorted().join(' or ')}, within ${expires_minutes} minutes`
  })

/** Makes a policy of the table and the files, or throws a Trouble that says where it is wrong. */
export const compilePolicy = ({ table, stepUp, files }: { table: Table; stepUp: boolean; files: readonly PolicyFile[] }): Policy => {
  const schema = schemaOf(table)
  const permits = permitsOf(table)
  const rules = [...rulesOf(table, { stepUp }), ...files.flatMap((file) => parsePolicyFile(file, schema))]
  const text = [schema, ...approvalLines(table), '', format([...permits, ...rules.map((rule) => rule.text)])].join('\n')
  const policy = { table, stepUp, rules, text, hash: createHash('sha256').update(text).digest('hex') }

  const validated = validate({ schema, policies: setOf(permits, rules), validationSettings: { mode: 'strict' } })
  requireSuccess(validated)
  if (validated.type === 'success' && validated.validationErrors.length + validated.validationWarnings.length > 0)
    throw new Error(`the table was translated wrongly: ${JSON.stringify(validated)}`)
  requireSuccess(preparseSchema(policy.hash, schema))
  requireSuccess(preparsePolicySet(policy.hash, setOf(permits, rules)))
  return policy
}
