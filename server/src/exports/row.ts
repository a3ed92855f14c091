import type { EventFilters } from '@countersign/contract/events.ts'
import type { Export, ExportFormat } from '@countersign/contract/exports.ts'
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { StaffPrincipal, TenantPrincipal } from '../access/principal.ts'
import type { PackedFile } from '../archive/zip.ts'
import type { Tables } from '../store/tables.ts'

/** An export as it is stored. */
export type ExportRow = {
  id: string
  owner_kind: 'staff' | 'tenant' | 'operator'
  owner_id: string
  asked_by: string
  tenant_id: string | null
  filters: EventFilters
  format: ExportFormat
  requested_event_id: string
  size: string
  asked_at: Date
  expires_at: Date
  rows: string
  rows_expected: string | null
  event_id: string | null
  checkpoint_size: string | null
  files: PackedFile[] | null
  bytes: string | null
  digest: Buffer | null
  ready_at: Date | null
  failed: 'export_changed' | 'internal' | null
  is_expired: boolean
}

export type OwnerPrincipal = StaffPrincipal | TenantPrincipal

/** Whose exports a principal's are: a tenant's keys are all the tenant's. */
export const ownerOf = (principal: OwnerPrincipal): { kind: 'staff' | 'tenant'; id: string } =>
  principal.kind === 'tenant' ? { kind: 'tenant', id: principal.tenant_id } : { kind: 'staff', id: principal.id }

export const isOwner = (principal: OwnerPrincipal, { owner_kind, owner_id }: Pick<ExportRow, 'owner_kind' | 'owner_id'>): boolean => {
  const { kind, id } = ownerOf(principal)
  return kind === owner_kind && id === owner_id
}

/** Exports that meet a condition, newest first. */
export const findExports = async (db: Kysely<Tables>, condition: RawBuilder<SqlBool>, limit = 1): Promise<ExportRow[]> => {
  const { rows } = await sql<ExportRow>`
    select e.*, e.expires_at <= clock_timestamp() as is_expired from exports e where ${condition} order by e.asked_at desc limit ${limit}`.execute(
    db,
  )
  return rows
}

export const findExport = async (db: Kysely<Tables>, id: string): Promise<ExportRow | undefined> =>
  (await findExports(db, sql<SqlBool>`e.id = ${id}`))[0]

const stateOf = ({ is_expired, failed, ready_at }: ExportRow): Export['state'] => {
  if (is_expired) return 'expired'
  if (failed !== null) return 'failed'
  return ready_at === null ? 'preparing' : 'ready'
}

/** Its name says what it is and when it was asked for, and nothing that somebody typed. */
const fileNameOf = ({ format, asked_at }: ExportRow): string =>
  `countersign-events-${asked_at.toISOString().slice(0, 19).replaceAll(/[:T]/g, '-')}-${format}.zip`

const numberOrNull = (text: string | null): number | null => (text === null ? null : Number(text))

export const formatExport = (row: ExportRow): Export => ({
  id: row.id,
  state: stateOf(row),
  format: row.format,
  filters: row.filters,
  size: Number(row.size),
  asked_at: row.asked_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
  rows: Number(row.rows),
  rows_expected: numberOrNull(row.rows_expected),
  sealing: row.event_id !== null && row.ready_at === null,
  event_id: row.event_id,
  bytes: numberOrNull(row.bytes),
  file_name: fileNameOf(row),
  code: row.failed,
})
