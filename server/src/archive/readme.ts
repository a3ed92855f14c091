import type { ExportFormat } from '@countersign/contract/exports.ts'
import { archiveFiles } from './files.ts'

/** What a person reads who finds the file years later. It names nobody. */
export const formatReadme = ({
  origin,
  fingerprint,
  format,
  size,
  id,
}: {
  origin: string
  fingerprint: string
  format: ExportFormat
  size: number
  id: string
}): string =>
  `Export ${id} of events from the log ${origin}: what matched in its first ${size} entries
Key ${fingerprint}

  ${archiveFiles.events(format).padEnd(16)} the events, oldest first
  ${archiveFiles.entries.padEnd(16)} each of them as the log has it, with the disclosures behind its values
  ${archiveFiles.manifest.padEnd(16)} the log's own event of this export: the filters, how many events it has, and their digests
  ${archiveFiles.proof.padEnd(16)} what else is in the log's tree, as hashes: with the entries it leads to the signed root
  ${archiveFiles.checkpoint.padEnd(16)} signed statement of the size and root of the tree (C2SP tlog-checkpoint)
  ${archiveFiles.key.padEnd(16)} verifier key (C2SP signed-note)

To verify, offline:

  countersign verify <this file, or the folder it was unpacked into> --vkey <key>

The key in this file proves nothing by itself: get one another way, or compare its fingerprint with that one. An event or a byte that was
changed, left out, put in or moved is found. docs/verify.md of Countersign says how, for whoever wants to write a verifier.

In CSV, an apostrophe stands before text that a spreadsheet would take for a formula. In the log it is not there.
`
