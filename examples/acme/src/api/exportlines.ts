import { setTimeout as pause } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { ExportTable, Tables } from '../database/tables.ts'

type Row = Record<string, unknown>

const batchSize = 500

/** An export as it is read: some hundred rows at a time, never the whole of it in memory. */
export async function* exportLines(
  db: Kysely<Tables>,
  tenantId: string,
  { kind, format }: Pick<ExportTable, 'kind' | 'format'>,
): AsyncGenerator<string> {
  let header = true
  for await (const rows of batches[kind](db, tenantId)) {
    if (format === 'ndjson') {
      yield rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      continue
    }
    if (header) yield `${Object.keys(rows[0] ?? {}).join(',')}\r\n`
    header = false
    yield rows.map((row) => `${Object.values(row).map(cell).join(',')}\r\n`).join('')
  }
}

/** Not faster than so many bytes per second. */
export async function* paced(lines: AsyncIterable<string>, bytesPerSecond: number): AsyncGenerator<Buffer> {
  const step = Math.max(1, Math.floor(bytesPerSecond / 10))
  for await (const text of lines) {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += step) {
      yield bytes.subarray(at, at + step)
      await pause((1000 * step) / bytesPerSecond)
    }
  }
}

/** A cell that a spreadsheet reads as text, also when it begins like a formula. */
function cell(value: unknown): string {
  const text = value instanceof Date ? value.toISOString() : value === null || value === undefined ? '' : String(value)
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}

const batches = {
  attestations: (db: Kysely<Tables>, tenantId: string) =>
    inBatches(async (after) => {
      const found = await sql<Row>`
        SELECT id, kind, subject, status, issued_by, issued_at, expires_at, revoked_at, revoked_reason, signature
        FROM attestations WHERE tenant_id = ${tenantId} AND id > ${after} ORDER BY id LIMIT ${batchSize}`.execute(db)
      return found.rows
    }, 'id'),
  members: (db: Kysely<Tables>, tenantId: string) =>
    inBatches(async (after) => {
      const found = await sql<Row>`
        SELECT u.id, u.name, u.email, m.role, m."createdAt" AS joined_at, u."lastSeenAt" AS last_seen_at
        FROM member m JOIN "user" u ON u.id = m."userId"
        WHERE m."organizationId" = ${tenantId} AND u.id > ${after} ORDER BY u.id LIMIT ${batchSize}`.execute(db)
      return found.rows
    }, 'id'),
  activity: (db: Kysely<Tables>, tenantId: string) =>
    inBatches(async (after) => {
      const found = await sql<Row>`
        SELECT seq, at, actor, action, subject
        FROM activity WHERE tenant_id = ${tenantId} AND seq > ${after || '0'}::bigint ORDER BY seq LIMIT ${batchSize}`.execute(db)
      return found.rows
    }, 'seq'),
}

async function* inBatches(read: (after: string) => Promise<Row[]>, key: string): AsyncGenerator<Row[]> {
  let after = ''
  for (;;) {
    const rows = await read(after)
    if (rows.length === 0) return
    yield rows
    if (rows.length < batchSize) return
    after = String(rows.at(-1)?.[key])
  }
}
