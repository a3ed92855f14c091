import type { Unreadable } from '@countersign/contract/pages.ts'
import type { z } from 'zod'

/** A row that a product gave in another form than the contract's. */
export type BadRow = {
  /** As the product wrote it, cut; null where it wrote none. */
  id: string | null
  /** Names of the members that are wrong. */
  members: string[]
}

/** A list of a product: rows as the contract has them, and what else stood among them. */
export type Rows<T> = { items: T[]; unreadable: BadRow[] }

/** Under which those stand that the product gave no id. It is no id. */
export const withoutId = '(no id)'

const idLimit = 200
const namedAtMost = 20

const nameId = (id: unknown): string | null => {
  if (typeof id !== 'string') return null
  return id.length <= idLimit ? id : `${id.slice(0, idLimit).toWellFormed()}…`
}

/** What can be said of a row that its shape refused. */
export const badRowOf = (row: unknown, { issues }: z.ZodError): BadRow => ({
  id: nameId((row as { id?: unknown } | null | undefined)?.id),
  members: [...new Set(issues.map(({ path }) => String(path[0] ?? 'row')))].toSorted(),
})

/** Judges rows one by one: a row in another form does not take the others with it. */
export const readRows = <Shape extends z.ZodType>(shape: Shape, rows: readonly unknown[]): Rows<z.infer<Shape>> => {
  const read: Rows<z.infer<Shape>> = { items: [], unreadable: [] }
  for (const row of rows) {
    const parsed = shape.safeParse(row)
    if (parsed.success) read.items.push(parsed.data)
    else read.unreadable.push(badRowOf(row, parsed.error))
  }
  return read
}

/** As staff are told: how many, and the first of them by id and member. */
export const nameRows = (rows: readonly BadRow[]): Unreadable => ({
  count: rows.length,
  rows: rows.slice(0, namedAtMost).map(({ id, members }) => ({ id: id ?? withoutId, members })),
})
