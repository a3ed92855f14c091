import type { LoggedEvent } from '@countersign/contract/events.ts'
import { conceal } from '@countersign/log/disclosure.ts'
import { canonicalForm, leafOf } from '@countersign/log/entry.ts'
import { sha256 } from '@countersign/log/sha256.ts'

const toHex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** The bytes that stand in the log for an event, and the leaf that they hash to: computed here, not asked for. */
export const describeLeaf = (event: LoggedEvent): { canonical: string; leaf: string } => {
  const { log_index: _, erased: __, erasure: ___, disclosures: ____, ...entry } = event
  const canonical = canonicalForm(conceal(entry))
  return { canonical, leaf: toHex(leafOf(sha256, canonical)) }
}
