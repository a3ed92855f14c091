import { z } from 'zod'
import { EventFilters } from './events.ts'
import { EventId, ExportId } from './ids.ts'
import { Instant, Reason } from './text.ts'

export const exportFormats = ['csv', 'json', 'ndjson'] as const
export const ExportFormat = z.enum(exportFormats).describe('How the events are written; the proofs are the same')
export type ExportFormat = z.infer<typeof ExportFormat>

/** How many events somebody who is no auditor may export at once. */
export const exportMaximum = 10_000

export const AskTenantExport = z
  .strictObject({ filters: EventFilters.omit({ tenant_id: true }).default({}), format: ExportFormat })
  .meta({ id: 'AskTenantExport' })

export const AskExport = z
  .strictObject({
    filters: EventFilters.default({}),
    format: ExportFormat,
    reason: Reason.optional().describe(`Needed where it is not of one tenant, or of more than ${exportMaximum} events`),
  })
  .meta({ id: 'AskExport' })
export type AskExport = z.output<typeof AskExport>

export const ExportState = z.enum(['preparing', 'ready', 'failed', 'expired'])
export const Export = z
  .object({
    id: ExportId,
    state: ExportState,
    format: ExportFormat,
    filters: EventFilters,
    size: z.number().int().describe('It holds what matched in a log of this size'),
    asked_at: Instant,
    expires_at: Instant.describe('It is deleted then'),
    rows: z.number().int().describe('Events that are in it; while it is prepared, so far'),
    rows_expected: z.number().int().nullable().describe('How many there will be, once they are counted'),
    sealing: z.boolean().describe('All events are in it; it waits for the checkpoint that proves it'),
    event_id: EventId.nullable().describe('The event AUDIT.EXPORTED that binds what it holds'),
    bytes: z.number().int().nullable().describe('Length of the file, once it is ready'),
    file_name: z.string(),
    code: z.enum(['export_changed', 'internal']).nullable().describe('Why it failed'),
  })
  .meta({ id: 'Export' })
export type Export = z.infer<typeof Export>

/** The exports of whoever asks, newest first. */
export const ExportList = z.object({ items: z.array(Export) }).meta({ id: 'ExportList' })
export type ExportList = z.infer<typeof ExportList>
