import { Refusal } from '../errors.ts'

/** A place in a list of events: base64url of a log index. */
export const formatCursor = (logIndex: number): string => Buffer.from(String(logIndex)).toString('base64url')

export const parseCursor = (cursor: string): number => {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const isIndex = /^(0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text))
  if (!isIndex || formatCursor(Number(text)) !== cursor) {
    throw new Refusal('invalid_request', { errors: [{ path: '/cursor', message: 'is not a cursor of this list' }] })
  }
  return Number(text)
}

export type Page = { cursor?: string | undefined; limit: number }

/** One page of a newest-first list that was read with one row more than fits. */
export const pageOfRows = <T extends { log_index: number }>(rows: readonly T[], limit: number) => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: rows.length > limit && last ? formatCursor(last.log_index) : null }
}
