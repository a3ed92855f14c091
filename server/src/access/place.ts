import { CursorInstant } from '@countersign/contract/text.ts'
import { z } from 'zod'
import { Refusal } from '../errors.ts'

/** A place in a list that is ordered by instant and id: the instant with the microseconds that a Date would lose. */
const Place = z.tuple([CursorInstant, z.string().regex(/^[a-z]{2,5}_[0-9a-f]{32}$/)])
export type Place = z.infer<typeof Place>

/** A cursor is a place; whoever sends another text is told so. */
export const formatPlace = (place: Place): string => Buffer.from(JSON.stringify(place)).toString('base64url')

export const parsePlace = (cursor: string): Place => {
  try {
    return Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (cause) {
    throw new Refusal('invalid_request', { errors: [{ path: '/cursor', message: 'is not a cursor of this list' }], cause })
  }
}
