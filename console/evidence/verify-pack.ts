import { formatBase64 } from '@countersign/log/bytes.ts'
import { verifyCheckpoint } from '@countersign/log/checkpoint.ts'
import { createCoverVerifier, parseCoverNode } from '@countersign/log/cover.ts'
import { judgeDisclosures, reveal } from '@countersign/log/disclosure.ts'
import { leafOf, parseEntry } from '@countersign/log/entry.ts'
import { fingerprintOf, parseVerifierKey } from '@countersign/log/note.ts'
import { sha256 } from '@countersign/log/sha256.ts'

/** Files of the pack that the verifier reads, in its folder `log`. */
export const packFiles = ['entries.ndjson', 'manifest.json', 'proof.txt', 'checkpoint', 'log.vkey'] as const
export type PackFile = (typeof packFiles)[number]

type Archived = { entry: object; disclosures: string[]; log_index: number }
type Manifest = { action: string; details: { rows: number; entries_sha256: string } }

const utf8 = new TextEncoder()

const linesOf = (text: string): string[] => {
  if (text !== '' && !text.endsWith('\n')) throw new Error('a file is cut off: it does not end with a line end')
  return text.split('\n').slice(0, -1)
}

/** Judges the values beside an entry; answers the event as it reads. */
const revealed = ({ entry, disclosures, log_index }: Archived): object => {
  const { values, faults } = judgeDisclosures(sha256, entry, disclosures)
  if (faults[0] !== undefined) throw new Error(`entry ${log_index}: ${faults[0]}`)
  return reveal(entry, (path) => values.get(path)).event
}

const parseLine = (line: string): Archived => parseEntry(utf8.encode(line)) as Archived

/**
 * Verifies an evidence pack by what is in it and a key: the signature of the checkpoint, the place of every entry in the signed tree,
 * the values behind the digests, and that it is all that the log has on record of this pack. Answers what was checked, a line
 * each; throws an error that says what does not hold.
 */
export const verifyPack = async (read: (file: PackFile) => Promise<string>, trustedKey?: string): Promise<string[]> => {
  const key = trustedKey ?? (await read('log.vkey')).trim()
  const verifier = parseVerifierKey(sha256, key)
  const checkpoint = await verifyCheckpoint(await read('checkpoint'), [verifier])
  const entriesText = await read('entries.ndjson')
  const entries = linesOf(entriesText).map(parseLine)
  const [manifestLine = ''] = linesOf(await read('manifest.json'))
  const manifest = parseLine(manifestLine)
  const nodes = linesOf(await read('proof.txt')).map(parseCoverNode)
  const cover = createCoverVerifier(sha256, checkpoint)
  for (const archived of [...entries, manifest]) {
    while (cover.next() < archived.log_index) {
      const node = nodes.shift()
      if (!node) throw new Error(`the proof ends before entry ${archived.log_index}`)
      cover.addNode(node)
    }
    revealed(archived)
    cover.addLeaf(archived.log_index, leafOf(sha256, archived.entry))
  }
  for (const node of nodes) cover.addNode(node)
  if (!cover.finish())
    throw new Error('the entries do not lead to the root that was signed: something was changed, left out, put in or moved')
  const { details } = revealed(manifest) as Manifest
  if (details.rows !== entries.length)
    throw new Error(`there are ${entries.length} entries, but the log has on record that there are ${details.rows}`)
  if (details.entries_sha256 !== formatBase64(sha256(utf8.encode(entriesText))))
    throw new Error('the entries are not those that the log has on record')
  return [
    `${entries.length.toLocaleString('en')} events checked, each in its place in the log ${checkpoint.origin}`,
    `checkpoint of ${checkpoint.size.toLocaleString('en')} entries, root ${formatBase64(checkpoint.root)}, signed by ${fingerprintOf(sha256, verifier)}`,
    `the log's own record of this pack (entry ${manifest.log_index.toLocaleString('en')}) says the same`,
    ...(trustedKey === undefined ? ['the key is the one in the pack: compare its fingerprint with one that you got another way'] : []),
  ]
}
