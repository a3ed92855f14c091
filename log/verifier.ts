import { formatBase64, sameBytes } from './bytes.ts'
import type { LogErrorCode } from './errors.ts'
import { type FullTile, tileWidth } from './tile.ts'
import { appendLeaf, emptyFrontier, type Hash, rootOf } from './tree.ts'

/** What is wrong with a log, and where: at entries `from` to `to` (exclusive), where a place can be named. */
export type Finding = { code: LogErrorCode; from?: number; to?: number; reason: string }

/**
 * A head that the log must have had. `name` says whose, for people. It is from a checkpoint that was verified, which lay beside the
 * log (`own`) or was kept elsewhere (`kept`); or it is what somebody says without a signature (`said`), which proves nothing.
 */
export type ExpectedHead = { name: string; size: number; root: Uint8Array; kind: 'own' | 'kept' | 'said' }

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

type Departure = { head: ExpectedHead; root: Uint8Array }

/**
 * Builds the tree from its leaf hashes and compares it with every expected head on the way. `finish` names the smallest
 * range of entries in which the log certainly departs from what was signed: after the last head that fits, before the first that
 * does not. Who rewrites a log can have it signed anew, by a program that was made to forget. So where all that lies beside the log
 * fits, and only what was kept elsewhere does not, the range begins after what was kept elsewhere.
 */
export const createVerifier = (hash: Hash, heads: readonly ExpectedHead[], onTile?: (tile: FullTile) => void) => {
  const expected = heads.toSorted((a, b) => a.size - b.size)
  const frontier = emptyFrontier()
  const rows: Uint8Array[][] = []
  const sound = { own: 0, kept: 0, said: 0 }
  const departing = new Set<ExpectedHead['kind']>()
  let next = 0
  let departure: Departure | undefined
  let isForked = false

  const soundEnd = (): number => Math.max(sound.own, sound.kept)
  const soundFor = (kinds: ReadonlySet<ExpectedHead['kind']>): number => (kinds.has('kept') && !kinds.has('own') ? sound.kept : soundEnd())

  const compare = (): void => {
    for (let head = expected[next]; head?.size === frontier.size; head = expected[next]) {
      next += 1
      const root = rootOf(hash, frontier)
      const fits = sameBytes(root, head.root)
      if (!fits) {
        departure ??= { head, root }
        departing.add(head.kind)
      } else if (departure && head.kind !== 'said') isForked = true
      else if (!departure) sound[head.kind] = head.size
    }
  }

  /** What proves nothing, but helps to find it. */
  const tellSound = (from: number): string => (from < sound.own ? ` The checkpoints that lie beside it fit up to ${sound.own}.` : '')

  const tellDeparture = ({ head, root }: Departure): Finding => {
    const from = isForked ? sound.kept : soundFor(departing)
    const fork = isForked ? ' Another checkpoint of at least that size fits: two logs were signed with this key.' : ''
    const reason = `The root of the first ${head.size} entries is ${formatBase64(root)}, but ${head.name} says ${formatBase64(head.root)}.`
    return { code: 'root_mismatch', from, to: head.size, reason: `${reason}${fork}${tellSound(from)}` }
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
    /** The first head that does not fit. */
    departed: (): ExpectedHead | undefined => departure?.head,
    /** Up to where the log is as it was signed. */
    sound: soundEnd,
    finish(): Finding[] {
      const findings = departure ? [tellDeparture(departure)] : []
      const last = expected.at(-1)
      if (next === expected.length || !last) return findings
      const missed = expected.slice(next).filter(({ size }) => size === last.size)
      const { name } = missed.find(({ kind }) => kind !== 'said') ?? last
      const from = soundFor(new Set(missed.map(({ kind }) => kind)))
      const reason = `There are ${frontier.size} entries, but ${name} says ${last.size}: what is missing may be anywhere here.${tellSound(from)}`
      // Where the log departed earlier, what is missing may be anywhere: the count names no place.
      findings.push({ code: 'entries_missing', ...(departure ? {} : { from, to: last.size }), reason })
      return findings
    },
  }
}
