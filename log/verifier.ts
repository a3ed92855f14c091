import { formatBase64, sameBytes } from './bytes.ts'
import type { LogErrorCode } from './errors.ts'
import { type FullTile, tileWidth } from './tile.ts'
import { appendLeaf, emptyFrontier, type Hash, rootOf } from './tree.ts'

/** What is wrong with a log, and where: at entries `from` to `to` (exclusive), where a place can be named. */
export type Finding = { code: LogErrorCode; from?: number; to?: number; reason: string }

/** A head that the log must have had: from a checkpoint that was verified. `name` says whose, for people. */
export type ExpectedHead = { name: string; size: number; root: Uint8Array }

/** The finding to show first: the one whose place is narrowest, and of those the first in the log. */
export const firstFinding = (findings: readonly Finding[]): Finding | undefined => {
  const widthOf = ({ from, to }: Finding) => (from === undefined || to === undefined ? Number.POSITIVE_INFINITY : Math.max(to - from, 1))
  return findings.toSorted((a, b) => widthOf(a) - widthOf(b) || (a.from ?? 0) - (b.from ?? 0))[0]
}

/** `entry 5`, `entries 40 to 47`: as people and other programs name them, from 0. */
export const formatPlace = ({ from, to }: Finding): string => {
  if (from === undefined || to === undefined) return 'the log'
  return to - from <= 1 ? `entry ${from}` : `entries ${from} to ${to - 1}`
}

/**
 * Builds the tree from its leaf hashes and compares it with every expected head on the way. `finish` names the smallest
 * range of entries in which the log departs from what was signed: after the last head that fits, before the first that does not.
 */
export const createVerifier = (hash: Hash, heads: readonly ExpectedHead[], onTile?: (tile: FullTile) => void) => {
  const expected = heads.toSorted((a, b) => a.size - b.size)
  const frontier = emptyFrontier()
  const rows: Uint8Array[][] = []
  const findings: Finding[] = []
  let next = 0
  let sound = 0
  let departed = false

  const compare = (): void => {
    for (let head = expected[next]; head?.size === frontier.size; head = expected[next]) {
      next += 1
      if (departed) continue
      const root = rootOf(hash, frontier)
      if (sameBytes(root, head.root)) {
        sound = head.size
        continue
      }
      departed = true
      const reason = `The root of the first ${head.size} entries is ${formatBase64(root)}, but ${head.name} says ${formatBase64(head.root)}.`
      findings.push({ code: 'root_mismatch', from: sound, to: head.size, reason })
    }
  }

  const keepTile = (level: number, node: Uint8Array): void => {
    if (level % 8 !== 0) return
    const tileLevel = level / 8
    rows[tileLevel] ??= []
    const row = rows[tileLevel]
    row.push(node)
    if (row.length < tileWidth) return
    rows[tileLevel] = []
    // The leaf that completes this row is not counted in the size yet.
    onTile?.({ level: tileLevel, index: (frontier.size + 1) / tileWidth ** (tileLevel + 1) - 1, hashes: row })
  }

  compare()
  return {
    addLeaf(leaf: Uint8Array): void {
      appendLeaf(hash, frontier, leaf, onTile && keepTile)
      if (expected[next]?.size === frontier.size) compare()
    },
    size: (): number => frontier.size,
    root: (): Uint8Array => rootOf(hash, frontier),
    /** Hashes of the partial tile at a level, for comparison with what a log serves. */
    partialTile: (level: number): readonly Uint8Array[] => rows[level] ?? [],
    finish(): Finding[] {
      const missed = expected.at(-1)
      if (next < expected.length && missed) {
        const reason = `There are ${frontier.size} entries, but ${missed.name} says ${missed.size}.`
        // Where the log departed earlier, what is missing may be anywhere: the count names no place.
        findings.push({ code: 'entries_missing', ...(departed ? {} : { from: frontier.size, to: missed.size }), reason })
      }
      return findings
    },
  }
}
