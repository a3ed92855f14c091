import { CallFailure } from './failure.ts'
import type { Answer } from './line.ts'

/**
 * What a string from outside may not hold: NUL, which PostgreSQL cannot store, and lone surrogates, which have no UTF-8
 * form and so no hash that two programs would agree on.
 */
const cleanText = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')

/** Parses JSON from outside; every string in it is storable afterwards. */
export const parseOutsideJson = (text: string): unknown =>
  JSON.parse(text, (_name, value: unknown) => (typeof value === 'string' ? cleanText(value) : value))

export const mediaTypeOf = ({ headers }: Pick<Answer, 'headers'>): string =>
  (String(headers['content-type'] ?? '').split(';', 1)[0] ?? '').trim().toLowerCase()

/** The value of a JSON answer; throws CallFailure `garbled` for anything else. What was sent is not repeated. */
export const readJson = (answer: Answer): unknown => {
  const mediaType = mediaTypeOf(answer)
  if (mediaType !== 'application/json') throw new CallFailure('garbled', 'the content-type is not application/json')
  if ((answer.headers['content-encoding'] ?? 'identity') !== 'identity') throw new CallFailure('garbled', 'the body is encoded, unasked')
  try {
    return parseOutsideJson(new TextDecoder('utf-8', { fatal: true }).decode(answer.body))
  } catch (cause) {
    throw new CallFailure('garbled', 'the body is not JSON in UTF-8', { cause })
  }
}
