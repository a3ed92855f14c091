import { createHash, hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signCheckpoint } from '@countersign/log/checkpoint.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { appendLeaf, emptyFrontier, hashLeaf, rootOf } from '@countersign/log/tree.ts'
import { halveEvent } from '../server/src/audit/record.ts'
import { runVerify } from '../server/src/cli/verify.ts'
import { loadKeys } from '../server/src/keys.ts'
import { logKeyOf } from '../server/src/sequencer/log-key.ts'
import { logFiles } from '../server/src/verify/folder.ts'
import { gatewayEvent } from './log/events.ts'

export const about = 'full verification of an exported log, vs bare SHA-256 of the same bytes'

const count = 300_000
const rounds = 3

/** An exported log as `countersign export` writes it, made without a database. */
const writeLog = async (folder: string): Promise<void> => {
  const key = logKeyOf(loadKeys(join(folder, 'keys')), 'bench.example/log')
  const frontier = emptyFrontier()
  const lines: string[] = []
  const leaves: Uint8Array[] = []
  const notes: string[] = []
  for (let number = 0; number < count; number += 1) {
    const { head, tail } = halveEvent(gatewayEvent(number))
    const line = `${head}${new Date().toISOString()}${tail}`
    const leaf = hashLeaf(sha256, Buffer.from(line))
    lines.push(line)
    leaves.push(leaf)
    appendLeaf(sha256, frontier, leaf)
    // A busy log signs once a second.
    if (frontier.size % 5000 === 0)
      notes.push(signCheckpoint({ origin: key.origin, size: frontier.size, root: rootOf(sha256, frontier) }, key.signer))
  }
  writeFileSync(join(folder, logFiles.entries), `${lines.join('\n')}\n`)
  writeFileSync(join(folder, logFiles.leaves), Buffer.concat(leaves))
  writeFileSync(join(folder, logFiles.key), key.text)
  writeFileSync(join(folder, logFiles.checkpoint), notes.at(-1) as string)
  writeFileSync(join(folder, logFiles.checkpoints), notes.map((note) => `${JSON.stringify({ note })}\n`).join(''))
}

const secondsOf = async (work: () => unknown): Promise<number> => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

const hashEntries = async (path: string): Promise<void> => {
  const bytes = await readFile(path)
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start))
    hash('sha256', bytes.subarray(start, end), 'buffer')
}

const hashFile = async (path: string): Promise<void> => {
  createHash('sha256')
    .update(await readFile(path))
    .digest()
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number

/** Entries verified a second, beside SHA-256 of each entry and of the whole file. Interleaved rounds; medians. */
export async function run(): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'))
  try {
    await writeLog(folder)
    const path = join(folder, logFiles.entries)
    const times: { verify: number[]; entries: number[]; file: number[] } = { verify: [], entries: [], file: [] }
    for (let round = 0; round < rounds; round += 1) {
      times.verify.push(
        await secondsOf(async () => {
          if ((await runVerify({ source: { folder }, print: () => {} })) !== 0) throw new Error('the log does not verify')
        }),
      )
      times.entries.push(await secondsOf(() => hashEntries(path)))
      times.file.push(await secondsOf(() => hashFile(path)))
    }
    const [ours, entries, file] = [median(times.verify), median(times.entries), median(times.file)]
    return {
      name: 'verify',
      ours_per_second: Math.round(count / ours),
      peers: { sha256_of_each_entry_per_second: Math.round(count / entries), sha256_of_the_file_per_second: Math.round(count / file) },
      ratio: Number((entries / ours).toFixed(2)),
      ratio_to_file: Number((file / ours).toFixed(3)),
      seconds_per_10_million: Math.round((ours / count) * 10_000_000),
      n: count,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
