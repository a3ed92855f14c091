import { TenantId } from '@countersign/contract/ids.ts'
import { CursorInstant, Sought } from '@countersign/contract/text.ts'
import { z } from 'zod'
import { Refusal } from '../errors.ts'

/** The row after which a page begins: what it was sorted by, and its id. */
export type Place = { key: string | number | null; id: string }

/** What a key may look like under each sort: it comes back from outside and goes into a comparison. */
const text = Sought.max(400)
const keys = {
  name: text,
  status: text,
  plan: text.nullable(),
  created_at: CursorInstant,
  user_count: z.number().int().nonnegative().max(2_147_483_647).nullable(),
  worst: z.number().int(),
  calls: z.number().int().nonnegative(),
  error_rate: z.number().min(0).max(100).nullable(),
  last_call_at: CursorInstant.nullable(),
}
type Sort = keyof typeof keys

const refuse = (): never => {
  throw new Refusal('invalid_request', { errors: [{ path: '/cursor', message: 'is not a place in this list' }] })
}

const encode = (value: string): string => Buffer.from(value, 'utf8').toString('base64url')

const decode = (cursor: string): string => {
  const value = Buffer.from(cursor, 'base64url').toString('utf8')
  return encode(value) === cursor ? value : refuse()
}

export const formatPlace = (sort: Sort, order: string, { key, id }: Place): string => encode(JSON.stringify([sort, order, key, id]))

/** Reads back what formatPlace wrote; a cursor of another sort or order is refused. */
export const parsePlace = (cursor: string, sort: Sort, order: string): Place => {
  let value: unknown
  try {
    value = JSON.parse(decode(cursor))
  } catch {
    return refuse()
  }
  const parsed = z.tuple([z.literal(sort), z.literal(order), keys[sort], TenantId]).safeParse(value)
  return parsed.success ? { key: parsed.data[2], id: parsed.data[3] } : refuse()
}

/** A connector's cursor in ours, whose alphabet is narrower. */
export const wrapCursor = (cursor: string | null): string | null => (cursor === null ? null : encode(cursor))

export const unwrapCursor = (cursor: string): string => {
  const value = decode(cursor)
  return /^[\x21-\x7e]{1,2000}$/.test(value) ? value : refuse()
}
