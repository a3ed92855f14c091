import { readFile } from 'node:fs/promises'
import type { DisclosureAccount } from '@countersign/log/account.ts'
import { formatBase64 } from '@countersign/log/bytes.ts'
import { LogError } from '@countersign/log/errors.ts'
import { parseVerifierKey } from '@countersign/log/note.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import type { Tally } from '@countersign/log/tally.ts'
import type { Finding } from '@countersign/log/verifier.ts'
import { type EntryListener, verifyLog } from '@countersign/log/verify.ts'
import { isArchive } from '../archive/open.ts'
import { Trouble } from '../errors.ts'
import type { Keys } from '../keys.ts'
import { guardPath } from '../sequencer/guard-file.ts'
import { findOrigin, fingerprintOf, verifierKeyOf } from '../sequencer/log-key.ts'
import type { Store } from '../store/open.ts'
import { type ApprovalAccount, createApprovals, watching } from '../verify/approvals.ts'
import { verifyDatabase } from '../verify/database.ts'
import { openLogFolder } from '../verify/folder.ts'
import { readKeptCheckpoint } from '../verify/note-file.ts'
import { readPromiseFile } from '../verify/promise-file.ts'
import { watchPromises } from '../verify/promises.ts'
import { verifyUrl } from '../verify/url.ts'
import { printFindings } from './findings.ts'
import { printPromises } from './promises.ts'
import { runVerifyExport } from './verify-export.ts'

export type VerifyOptions = {
  source: /** A log in a folder, or an export: its file, or the folder it was unpacked into. */
    | { folder: string }
    /** The running database. With the keys each event's HMAC is checked too; with the data folder the checkpoint kept there. */
    | { store: Store; keys?: Pick<Keys, 'log' | 'event'>; dataDir?: string }
    | { url: string; apiKey?: string }
  /** File with a checkpoint that somebody kept. */
  checkpoint?: string
  /** File with promises that somebody kept. */
  promises?: string
  /** Verifier key; without it the source's own is taken. */
  vkey?: string
  print?: (line: string) => void
}

type Verified = {
  origin: string
  size: number
  entries: number
  root: Uint8Array
  checkpoints: number
  key: string
  findings: Finding[]
  disclosed: DisclosureAccount | undefined
  /** Undefined where the source does not show who enrolled which key. */
  approvals?: ApprovalAccount
  /** What the log has of the tenant whose key was given, where all of it was shown. */
  complete?: Tally | undefined
}

/** Values that are named at most. */
const maxPrinted = 20

type Judging = { vkey: string | undefined; earlier: string[]; onEntry: EntryListener | undefined }

const verifyFolder = async (folder: string, { vkey, earlier, onEntry }: Judging): Promise<Verified> => {
  const source = await openLogFolder(folder).catch((cause) => {
    throw new Trouble(`${folder} is not an exported log: ${(cause as Error).message}`, 'Make one with countersign export.', cause)
  })
  const approvals = createApprovals()
  try {
    const key = vkey ?? source.key
    const { checkpoint, ...result } = await verifyLog(sha256, watching(source, approvals), {
      trusted: [parseVerifierKey(sha256, key)],
      earlier,
      onEntry,
    })
    const { findings, entries } = result
    const approved = approvals.finish()
    findings.push(...approved.findings)
    if (entries > checkpoint.size) {
      const reason = `There are ${entries} entries, but the newest checkpoint says ${checkpoint.size}.`
      findings.push({ code: 'entry_mismatch', from: checkpoint.size, to: entries, reason })
    }
    return { ...result, key, origin: checkpoint.origin, size: checkpoint.size, approvals: approved.account }
  } finally {
    await source.close()
  }
}

const verifyStore = async (
  { store, keys, dataDir }: { store: Store; keys?: Pick<Keys, 'log' | 'event'>; dataDir?: string },
  { vkey, earlier, onEntry }: Judging,
): Promise<Verified> => {
  const origin = await findOrigin(store)
  const key = vkey ?? (keys && origin && verifierKeyOf(keys, origin))
  if (!key) throw new Trouble('There is no key to verify with.', 'Give the verifier key of the log, or the folder of its keys.')
  const kept = dataDir === undefined ? undefined : await readFile(guardPath(dataDir), 'utf8').catch(() => undefined)
  const trusted = [parseVerifierKey(sha256, key)]
  const known = kept === undefined ? earlier : [...earlier, kept]
  const result = await verifyDatabase(store, { trusted, earlier: known, eventKey: keys?.event, onEntry })
  return { ...result, key }
}

const verifySource = async (source: VerifyOptions['source'], judging: Judging): Promise<Verified> => {
  if ('folder' in source) return await verifyFolder(source.folder, judging)
  if ('store' in source) return await verifyStore(source, judging)
  return await verifyUrl(source.url, { ...judging, apiKey: source.apiKey })
}

/** What is not there any more is a fact, not a fault: the log holds without it. */
const printDisclosed = ({ checked, erased, erasures, missing }: DisclosureAccount, print: (line: string) => void): void => {
  print(`  values      ${checked} checked${erased === 0 ? '' : `, ${erased} erased`}`)
  for (const { index, by, occurred_at, values } of erasures) print(`    entry ${index}: ${values} erased by ${by} at ${occurred_at}`)
  if (missing.length === 0) return
  print(`  missing     ${missing.length} values that no erasure in the log accounts for:`)
  for (const { index, member } of missing.slice(0, maxPrinted)) print(`    entry ${index}: ${member}`)
  if (missing.length > maxPrinted) print(`    and ${missing.length - maxPrinted} more`)
}

const printApprovals = ({ passkey, sign_in }: ApprovalAccount, print: (line: string) => void): void => {
  if (passkey + sign_in > 0) print(`  approvals   ${passkey} checked${sign_in === 0 ? '' : `, ${sign_in} by sign-in alone`}`)
}

/** An API key in a file: on the command line everybody on the host would see it. */
export const readKeyFile = async (path: string): Promise<string> => {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new Trouble(
      `The key file ${path} cannot be read: ${(cause as Error).message}`,
      'Name a file that holds an API key and nothing else.',
      cause,
    )
  })
  return text.trim()
}

const requireKey = (vkey: string): string => {
  try {
    parseVerifierKey(sha256, vkey)
    return vkey
  } catch (error) {
    throw new Trouble(`--vkey is not a verifier key: ${(error as Error).message}`, 'It looks like the text at /log/key.', error)
  }
}

/**
 * Verifies a log and says what it found. Answers the exit code: 0 where nothing is wrong, 1 where anything is; where the log is as it was
 * signed, 3 for a promise that it broke, 2 for one that it cannot be judged by. Throws where there is no telling.
 */
export const runVerify = async ({ source, checkpoint, promises, vkey, print = console.log }: VerifyOptions): Promise<number> => {
  const started = performance.now()
  const now = new Date().toISOString()
  const watch = promises === undefined ? undefined : watchPromises(await readPromiseFile(promises))
  const kept = checkpoint === undefined ? undefined : await readKeptCheckpoint(checkpoint)
  const trusted = vkey === undefined ? undefined : requireKey(vkey.trim())
  let verified: Verified
  try {
    if ('folder' in source && (await isArchive(source.folder)))
      return await runVerifyExport({ path: source.folder, vkey: trusted, kept, watch, print })
    verified = await verifySource(source, { vkey: trusted, earlier: kept ? [kept.note] : [], onEntry: watch?.add })
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    print(`It cannot be trusted: ${error.message} (${error.code})`)
    return 1
  }
  const { origin, size, entries, root, key, checkpoints, findings, disclosed, approvals, complete } = verified
  // Its one finding is that it is not of this log: that says nothing about this one.
  if (kept && kept.says.origin !== origin && findings.length === 1) {
    throw new Trouble(`${checkpoint} is a checkpoint of ${kept.says.origin}, and this is ${origin}.`, 'Name a checkpoint of this log.')
  }
  // At an address entries say nothing of their time: there it is that of asking.
  const asked = 'url' in source ? now : undefined
  const promised = await watch?.finish({ key: parseVerifierKey(sha256, key), size, isWhole: true, asked, now })
  if (printFindings(`The log ${origin}`, findings, print)) {
    if (promised) printPromises(promised, print)
    return 1
  }
  print(`The log ${origin} verifies.`)
  print(`  size        ${size}`)
  print(`  root        ${formatBase64(root)}`)
  print(`  checkpoints ${checkpoints}`)
  print(`  entries     ${entries} checked`)
  if (complete) {
    const since = complete.since === '' ? '' : `, since the id became this tenant's at ${complete.since}`
    print(`  complete    ${complete.count} events are all that the log has of the tenant${since}`)
  }
  if (disclosed) printDisclosed(disclosed, print)
  if (approvals) printApprovals(approvals, print)
  print(`  key         ${fingerprintOf(parseVerifierKey(sha256, key))}${vkey === undefined ? ' (from the log itself: compare it)' : ''}`)
  print(`  took        ${((performance.now() - started) / 1000).toFixed(2)} s`)
  return promised ? printPromises(promised, print) : 0
}
