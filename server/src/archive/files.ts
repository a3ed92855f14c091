import type { ExportFormat } from '@countersign/contract/exports.ts'

/** The files of an export, in their order. */
export const archiveFiles = {
  readme: 'README.txt',
  events: (format: ExportFormat) => `events.${format}`,
  entries: 'entries.ndjson',
  manifest: 'manifest.json',
  proof: 'proof.txt',
  checkpoint: 'checkpoint',
  key: 'log.vkey',
} as const

/** A row of `entries.ndjson`, and the only one of `manifest.json`: an entry as the log has it, with what lies beside it. */
export type ArchivedEntry = { disclosures: string[]; entry: object; log_index: number }

/** In the form of RFC 8785, as the entry is already. */
export const formatArchivedEntry = ({
  disclosures,
  body,
  log_index,
}: {
  disclosures: readonly string[]
  body: string
  log_index: number
}): string => `{"disclosures":${JSON.stringify(disclosures)},"entry":${body},"log_index":${log_index}}\n`
