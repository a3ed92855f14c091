import { type DetailedError, policySetTextToParts, policyToJson, validate } from '@cedar-policy/cedar-wasm/nodejs'
import { Gate, knownGates } from '@countersign/contract/actions.ts'
import { closest } from 'fastest-levenshtein'
import { Trouble } from '../errors.ts'
import { attributes } from './schema.ts'
import type { Rule } from './translate.ts'

/** A file of rules, as it was read. */
export type PolicyFile = { name: string; text: string }

const hint = 'docs/policy.md says what a rule may contain; `countersign policy check` checks it.'
/** Gates that only Countersign itself can find unmet. */
const ownGates = knownGates.slice(0, knownGates.indexOf('approval')) as string[]
const isNote = (note: string): boolean => /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(note) && note.trim() === note

/** Without comments a rule that was commented out is not taken for the rule itself; each line keeps its number. */
const withoutComments = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g, (part) => (part.startsWith('/') ? '' : part))

const lineAt = (bytes: Buffer, at: number): number => bytes.subarray(0, at).filter((byte) => byte === 10).length + 1

/** Parses a file of `forbid`s, each with `@gate` and `@note` (M1). Whatever else stands in it is refused, with its line. */
export const parsePolicyFile = ({ name, text }: PolicyFile, schema: string): Rule[] => {
  const bytes = Buffer.from(withoutComments(text))
  const refuse = (at: number, sentence: string): never => {
    throw new Trouble(`${name}:${lineAt(bytes, at)}: ${sentence}`, hint)
  }
  const refuseError = (error: DetailedError): never => refuse(error.sourceLocations?.[0]?.start ?? 0, formatError(error))
  const parts = policySetTextToParts(bytes.toString())
  if (parts.type === 'failure') return refuseError(parts.errors[0] as DetailedError)
  const [template] = parts.policy_templates
  if (template !== undefined) refuse(bytes.indexOf(template), 'a template is not accepted here')

  // The parts come in the order of their ids, and policy10 stands before policy2.
  const order = parts.policies.map((_, index) => `policy${index}`).toSorted()
  let after = 0
  const rules = parts.policies.map((_, index) => {
    const part = parts.policies[order.indexOf(`policy${index}`)] as string
    const at = bytes.indexOf(part, after)
    after = at + Buffer.byteLength(part)
    return ruleOf(part, `${name}:${lineAt(bytes, at)}`, (sentence) => refuse(at, sentence))
  })

  const validated = validate({
    schema,
    policies: { staticPolicies: bytes.toString() },
    validationSettings: { mode: 'strict' },
  })
  if (validated.type === 'failure') return refuseError(validated.errors[0] as DetailedError)
  // A rule that never applies forbids nothing, though somebody believes that it does: a warning is an error here.
  const wrong = validated.validationErrors[0] ?? validated.validationWarnings[0]
  if (wrong) return refuseError(wrong.error)
  return rules
}

/** Cedar's own sentence; where it only lists what would do, the nearest is named too. */
const formatError = ({ message, help }: DetailedError): string => {
  const said = message.replace(/^(?:for policy `policy\d+`[,:] |failed to parse \w+ from string: )/, '')
  const [, unknown] = /`"(.*)"` is not declared/.exec(message) ?? []
  const listed = [...(help ?? '').matchAll(/"([^"]+)"/g)].map(([, word = '']) => word)
  const nearest = unknown !== undefined && listed.length > 0 ? `; did you mean \`${closest(unknown, listed)}\`?` : ''
  return `${said}${nearest}${help ? `; ${help}` : ''}`
}

/** Attributes that a rule asks for by `has`. Cedar takes any name there, also one that no request will ever have. */
const askedFor = (expression: unknown): string[] => {
  if (typeof expression !== 'object' || expression === null) return []
  const inner = Object.values(expression).flatMap(askedFor)
  const { has } = expression as { has?: { attr?: string | string[] } }
  return has?.attr === undefined ? inner : [...inner, ...[has.attr].flat()]
}

const ruleOf = (text: string, source: string, refuse: (sentence: string) => never): Rule => {
  const parsed = policyToJson(text)
  if (parsed.type === 'failure') return refuse(parsed.errors[0]?.message ?? 'cannot be read')
  const { effect, annotations = {}, conditions } = parsed.json
  if (effect !== 'forbid') refuse('only forbid is accepted here; who may do what is said by `actions` in the configuration')
  const other = Object.keys(annotations).find((name) => name !== 'gate' && name !== 'note')
  if (other !== undefined) refuse(`@${other} is not accepted here; a rule has @gate and @note`)
  const { gate, note } = annotations
  const unknown = askedFor(conditions).find((name) => !attributes.includes(name))
  if (unknown !== undefined) refuse(`attribute \`${unknown}\` not found; did you mean \`${closest(unknown, attributes)}\`?`)
  if (gate === undefined) return refuse('the rule has no @gate("…"), the name of what it asks for')
  if (!Gate.safeParse(gate).success) refuse(`@gate("${gate}") is not a name of lower-case letters, digits and underscores`)
  if (ownGates.includes(gate)) refuse(`@gate("${gate}") is one of Countersign's own; give the rule another name`)
  if (note === undefined) return refuse('the rule has no @note("…"), what the record says when it is not met')
  if (!isNote(note)) refuse('@note must be one line of 1 to 200 visible characters')
  return { gate, note, text, source }
}
