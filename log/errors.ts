/** The closed list of what can be wrong with a log, a proof or a note. */
export const logErrors = {
  malformed_note: 'The bytes are not a signed note.',
  malformed_key: 'The text is not a verifier key for Ed25519.',
  malformed_checkpoint: 'The note is not a checkpoint.',
  malformed_promise: 'The note is not an inclusion promise.',
  malformed_proof: 'The text is not a proof in the form of C2SP tlog-proof.',
  malformed_tile: 'The tile does not have the expected form.',
  ambiguous_key: 'Two trusted keys share a name and an id.',
  unsigned: 'No signature by a trusted key was found.',
  signature_wrong: 'A signature by a trusted key does not verify.',
  other_log: 'The checkpoint is of another log.',
  out_of_range: 'The index or size lies outside the tree.',
  proof_length: 'The proof does not have the expected number of hashes.',
  hash_length: 'A hash does not have 32 bytes.',
  root_mismatch: 'The hashes do not lead to the expected root.',
  not_canonical: 'The entry is not in the canonical form of RFC 8785.',
  malformed_disclosure: 'The text is not a disclosure.',
  disclosure_mismatch: 'A disclosure is not the one that the entry commits to.',
  disclosure_missing: 'A value is missing, and no erasure on the log accounts for it.',
  entries_missing: 'There are fewer entries than the checkpoint says.',
  entry_mismatch: 'The entry is not the one that the tree holds.',
  approval_mismatch: 'An approval does not have the signature that it needs.',
  malformed_export: 'The file is not an export of a log.',
  export_mismatch: 'The export is not the one that the log has on record.',
  duplicate_entry: 'The entry is in the log already.',
  tables_changed: 'The tables of the log are not as the program keeps them.',
  tally_mismatch: 'What the log says that it has of its tenants is not what it has.',
  events_hidden: 'Not all events of the tenant were shown.',
  tile_mismatch: 'A stored tile is not the one that the entries lead to.',
} as const

export type LogErrorCode = keyof typeof logErrors

/** Refusal of a log, a proof or a note, with the reason as a code. */
export class LogError extends Error {
  override name = 'LogError'
  readonly code: LogErrorCode

  constructor(code: LogErrorCode, fact?: string) {
    super(fact === undefined ? logErrors[code] : `${logErrors[code]} ${fact}`)
    this.code = code
  }
}
