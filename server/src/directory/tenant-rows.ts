import { Tenant } from '@countersign/contract/tenants.ts'
import { z } from 'zod'
import { type BadRow, badRowOf } from './rows.ts'

/** A bad row of the list of tenants. What it surely says of its tenant counts all the same. */
export type UnreadableRow = BadRow & {
  /** It says that the tenant is deleted, in whatever words. */
  deleted: boolean
  /** When the tenant that has the id now came to be, where that can be read. */
  created_at: string | null
}

/** An instant that PostgreSQL can hold: to the millisecond, in the years 1 to 9999. */
const storable = (text: string): string | undefined => {
  const instant = new Date(text).toISOString()
  return /^(?!0000)\d{4}-/.test(instant) ? instant : undefined
}

const instant = z.iso.datetime().transform((text, { addIssue }) => {
  const stored = storable(text)
  if (stored === undefined) addIssue('must be in the years 1 to 9999')
  return stored ?? z.NEVER
})

const Row = Tenant.extend({ created_at: instant, updated_at: instant, deleted_at: instant.nullable() })

/** One row of the list of tenants, as the contract has it or as what can be said of it. */
export const readTenantRow = (row: unknown): { tenant: Tenant } | { unreadable: UnreadableRow } => {
  const parsed = Row.safeParse(row)
  if (parsed.success) return { tenant: parsed.data }
  const { deleted_at, created_at } = (row ?? {}) as Record<string, unknown>
  const bad = badRowOf(row, parsed.error)
  return { unreadable: { ...bad, deleted: Boolean(deleted_at), created_at: instant.safeParse(created_at).data ?? null } }
}
