import type { ErrorCode } from '@countersign/contract/errors.ts'
import type { z } from 'zod'
import { Refusal } from '../errors.ts'

/**
 * What zod found wrong, as a refusal. `codes` names members whose refusal has a code of its own; the first member that is wrong
 * decides.
 */
export const refusalOfIssues = (issues: readonly z.core.$ZodIssue[], codes: Readonly<Record<string, ErrorCode>> = {}): Refusal => {
  const errors = issues.map(({ path, message }) => ({ path: `/${path.join('/')}`, message }))
  const member = String(issues[0]?.path[0])
  const code = Object.hasOwn(codes, member) ? codes[member] : undefined
  return new Refusal(code ?? 'invalid_request', { errors })
}

/** Parses what came in, or refuses it. */
export const parse = <S extends z.ZodType>(schema: S, input: unknown, codes?: Readonly<Record<string, ErrorCode>>): z.output<S> => {
  const parsed = schema.safeParse(input)
  if (!parsed.success) throw refusalOfIssues(parsed.error.issues, codes)
  return parsed.data
}
