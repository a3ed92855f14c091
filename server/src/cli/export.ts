import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readCheckpoint } from '../audit/checkpoint.ts'
import { readBeside } from '../audit/disclose.ts'
import type { Journal } from '../audit/record.ts'
import { readEntries, readLeaves } from '../audit/tree-reader.ts'
import { Trouble } from '../errors.ts'
import type { Keys } from '../keys.ts'
import { findOrigin, fingerprintOf, logKeyOf } from '../sequencer/log-key.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { logFiles } from '../verify/folder.ts'

export type ExportOptions = {
  store: Store
  journal: Journal
  keys: Pick<Keys, 'log'>
  /** Folder to make. It must not exist, or be empty. */
  out: string
  /** Account name on the host, for the log. */
  operator?: string
  print?: (line: string) => void
}

const batch = 5000

const requireFree = async (out: string): Promise<void> => {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new Trouble(`${out} cannot be used: ${error.message}`, 'Name a folder that does not exist yet.', error)
  })
  if (names.length > 0) throw new Trouble(`${out} is not empty.`, 'Name a folder that does not exist yet; nothing is ever overwritten.')
}

const readme = (origin: string, size: number, fingerprint: string): string => `Log ${origin}, ${size} entries
Key ${fingerprint}

  ${logFiles.entries}      one event a line, in the order of the log, RFC 8785 form
  ${logFiles.disclosures}  what lies beside each event: an array of disclosures a line, in the same order
  ${logFiles.checkpoint}          signed statement of the size and root of the tree (C2SP tlog-checkpoint)
  ${logFiles.checkpoints}  earlier ones: {"size":…,"note":…} a line
  ${logFiles.leaves}         SHA-256(0x00 || line) of each entry, 32 bytes each
  ${logFiles.key}            verifier key (C2SP signed-note)

To verify, offline:

  countersign verify <this folder> [--vkey <key>] [--checkpoint <a checkpoint you kept>]

The key in this folder proves nothing by itself: compare its fingerprint with one that you got by another way. Keep the
checkpoint: with it you can show later whether anything up to here was changed.

An event says nothing of persons itself. Its member "erasable" maps the path of such a member to the digest of its disclosure
(RFC 9901, 4.2): base64url of the JSON array [salt, path, value]; the digest is base64url of SHA-256 of that text. So a value can
be erased and every hash here stays as it is. A digest without a disclosure is a value that was erased: an event
PERSONAL_DATA.ERASED of the same tenant says how many of which members, up to which entry ("through"), by whom and when.
docs/verify.md of Countersign has the whole form.

The tree is that of RFC 6962: leaves SHA-256(0x00 || entry), nodes SHA-256(0x01 || left || right). Lines end in a newline
that is not part of the entry.
`

const writeStream = async (path: string, parts: AsyncGenerator<string | Buffer>): Promise<void> =>
  await pipeline(parts, createWriteStream(path, { flush: true, mode: 0o600 }))

const entriesOf = async function* (store: Store, size: number) {
  for (let from = 0; from < size; from += batch) {
    const bodies = await readEntries(store, from, Math.min(from + batch, size))
    if (bodies.length !== Math.min(batch, size - from)) {
      throw new Trouble(`Some entries from ${from} on are missing in the database.`, 'Run countersign verify: it names them.')
    }
    yield `${bodies.join('\n')}\n`
  }
}

/** For each entry what lies beside it, as far as it is the one that the entry commits to or claims to be. */
const disclosuresOf = async function* ({ db }: Store, size: number) {
  for (let from = 0; from < size; from += batch) {
    const lines = await readBeside(db, await readEntries({ db }, from, Math.min(from + batch, size)))
    yield `${lines.map((disclosures) => JSON.stringify(disclosures)).join('\n')}\n`
  }
}

const leavesOf = async function* (store: Store, size: number) {
  for (let from = 0; from < size; from += batch) yield Buffer.concat(await readLeaves(store, from, Math.min(from + batch, size)))
}

const notesOf = async function* ({ db }: Store, size: number) {
  for (let after = -1; ; ) {
    const rows = await db
      .selectFrom('log_checkpoints')
      .select(['size', 'note'])
      .where('size', '>', String(after))
      .where('size', '<=', String(size))
      .orderBy('size')
      .limit(batch)
      .execute()
    const last = rows.at(-1)
    if (!last) return
    for (const row of rows) yield `${JSON.stringify({ size: Number(row.size), note: row.note })}\n`
    after = Number(last.size)
  }
}

/** Writes the whole log into a folder, as it was at its newest checkpoint. The export is on the log before the first byte is written. */
export const runExport = async ({
  store,
  journal,
  keys,
  out,
  operator = userInfo().username,
  print = () => {},
}: ExportOptions): Promise<void> => {
  const target = resolve(out)
  await requireFree(target)
  const origin = await findOrigin(store)
  const key = origin === undefined ? undefined : logKeyOf(keys, origin)
  const newest = key && (await readCheckpoint(store, key.verifier))
  if (!newest || origin === undefined)
    throw new Trouble('The log has no checkpoint yet.', 'Start the program once; it signs within a second of the first event.')
  const { size, note } = newest
  await transaction(store, (tx) =>
    journal.record(tx, {
      action: 'AUDIT.EXPORTED',
      result: 'ok',
      actor: { kind: 'operator', id: operator },
      target: { kind: 'log', id: origin },
      details: { size },
    }),
  )
  await mkdir(dirname(target), { recursive: true })
  const draft = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
  try {
    const at = (name: keyof typeof logFiles) => join(draft, logFiles[name])
    await writeStream(at('entries'), entriesOf(store, size))
    await writeStream(at('disclosures'), disclosuresOf(store, size))
    await writeStream(at('leaves'), leavesOf(store, size))
    await writeStream(at('checkpoints'), notesOf(store, size))
    await writeFile(at('checkpoint'), note, { flush: true, mode: 0o600 })
    await writeFile(at('key'), `${key.text}\n`, { flush: true, mode: 0o600 })
    await writeFile(at('readme'), readme(origin, size, fingerprintOf(key.verifier)), { flush: true, mode: 0o600 })
    await rmdir(target).catch(() => {}) // the empty folder that the caller may have made
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  print(`${size} entries of ${origin} are in ${target}`)
  print(`Key ${fingerprintOf(key.verifier)}`)
}
