import { type ErrorCode, errorCatalogue } from '@countersign/contract/errors.ts'
import type { z } from 'zod'
import { Refusal } from '../errors.ts'
import { knownNames, meant } from '../names.ts'
import '../wording.ts'

const errorsMaximum = 20

/** A name that came from outside, as it may stand in an answer. */
const shown = (part: PropertyKey): string => String(part).slice(0, 60).toWellFormed()

const errorsOf = (issue: z.core.$ZodIssue, schema: z.ZodType): { path: string; message: string }[] => {
  const at = (...more: string[]): string => `/${[...issue.path, ...more].map(shown).join('/')}`
  if (issue.code !== 'unrecognized_keys') return [{ path: at(), message: issue.message }]
  const known = knownNames(schema, issue.path)
  return issue.keys.map((key) => ({ path: at(key), message: `is not known here${meant(key, known)}` }))
}

/** The code that the schema itself gives what is wrong. */
const ownCode = (issue: z.core.$ZodIssue | undefined): ErrorCode | undefined => {
  const code: unknown = issue?.code === 'custom' ? issue.params?.code : undefined
  return typeof code === 'string' && Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : undefined
}

/**
 * What zod found wrong, as a refusal. `codes` names members whose refusal has a code of its own, where the schema gives none; the first member that is
 * wrong decides.
 */
export const refusalOfIssues = (
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  codes: Readonly<Record<string, ErrorCode>> = {},
): Refusal => {
  const errors = issues.flatMap((issue) => errorsOf(issue, schema)).slice(0, errorsMaximum)
  const member = String(issues[0]?.path[0])
  const code = Object.hasOwn(codes, member) ? codes[member] : undefined
  return new Refusal(ownCode(issues[0]) ?? code ?? 'invalid_request', { errors })
}

/** Parses what came in, or refuses it. */
export const parse = <S extends z.ZodType>(schema: S, input: unknown, codes?: Readonly<Record<string, ErrorCode>>): z.output<S> => {
  const parsed = schema.safeParse(input)
  if (!parsed.success) throw refusalOfIssues(parsed.error.issues, schema, codes)
  return parsed.data
}
