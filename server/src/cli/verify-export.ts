import { formatBase64, sameBytes } from '@countersign/log/bytes.ts'
import { parseVerifierKey } from '@countersign/log/note.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { Trouble } from '../errors.ts'
import { fingerprintOf } from '../sequencer/log-key.ts'
import { verifyArchive } from '../verify/archive.ts'
import type { readKeptCheckpoint } from '../verify/note-file.ts'
import type { PromiseWatch } from '../verify/promises.ts'
import { printFindings } from './findings.ts'
import { printPromises } from './promises.ts'

type Options = {
  path: string
  vkey: string | undefined
  kept: Awaited<ReturnType<typeof readKeptCheckpoint>> | undefined
  watch: PromiseWatch | undefined
  print: (line: string) => void
}

const formatFilters = (filters: { [name: string]: unknown }): string =>
  Object.entries(filters)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(' ') || 'none'

/** Verifies an export and says what it found. Answers the exit code, as `verify` does. */
export const runVerifyExport = async ({ path, vkey, kept, watch, print }: Options): Promise<number> => {
  const started = performance.now()
  const { checkpoint, key, rows, values, erased, manifest, findings } = await verifyArchive(path, vkey, watch?.add)
  const { origin, size, root } = checkpoint
  if (kept && kept.says.size !== size) {
    throw new Trouble(
      `The checkpoint that you kept is of ${kept.says.size} entries, the one in the export of ${size}: an export cannot show whether they agree.`,
      'Verify the log itself with it: countersign verify <address> --checkpoint <file>.',
    )
  }
  if (kept && !sameBytes(kept.says.root, root)) {
    findings.push({ code: 'root_mismatch', reason: `The checkpoint that you kept has another root for the first ${size} entries.` })
  }
  const promised = await watch?.finish({ key: parseVerifierKey(sha256, key), size, isWhole: false, now: new Date().toISOString() })
  if (printFindings(`The export of ${origin}`, findings, print)) {
    if (promised) printPromises(promised, print)
    return 1
  }
  print(`The export of ${origin} verifies.`)
  print(`  events      ${rows} checked, of the first ${manifest.size} entries of the log`)
  print(`  values      ${values} checked${erased === 0 ? '' : `, ${erased} no longer there`}`)
  print(`  filters     ${formatFilters(manifest.filters)}`)
  print(`  exported    by ${manifest.by} at ${manifest.at}, entry ${manifest.index}`)
  if (!manifest.isPacked) print('  unpacked    the other files were not compared byte by byte: only the packed file allows that')
  print(`  checkpoint  ${size} entries, root ${formatBase64(root)}`)
  print(`  key         ${fingerprintOf(parseVerifierKey(sha256, key))}${vkey === undefined ? ' (from the export itself: compare it)' : ''}`)
  print(`  took        ${((performance.now() - started) / 1000).toFixed(2)} s`)
  return promised ? printPromises(promised, print) : 0
}
