import { LogError } from '@countersign/log/errors.ts'
import { parseNote, type VerifierKey } from '@countersign/log/note.ts'
import { type InclusionPromise, type PromisedEntry, parsePromise, verifyPromise } from '@countersign/log/promise.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import type { EntryListener } from '@countersign/log/verify.ts'

/** One entry that was promised, and when it was due. */
export type Promised = PromisedEntry & Pick<InclusionPromise, 'due'>

/** What became of promises that somebody kept. */
export type PromiseAccount = {
  /** In the log. */
  redeemed: Promised[]
  /** Not in it, and the log does not reach beyond when they are due. */
  open: Promised[]
  /** Due, the log has gone beyond it, and they are not in it. */
  broken: Promised[]
  /** Not among the entries of an export, which has a part of the log only. */
  unseen: Promised[]
  /** Notes that this log did not sign, by their place among those given, from 1. */
  foreign: { place: number; fault: LogError }[]
  /** Up to when the log reaches. */
  reaches: string
}

type Judged = {
  /** The log's own. */
  key: VerifierKey
  /** Entries that the log has. */
  size: number
  /** Whether all entries of the log were seen. */
  isWhole: boolean
  /** Until when what was seen reaches, where the entries do not say so themselves. */
  asked?: string | undefined
  now: string
}

/** Bytes as a key of a map. */
const keyOf = (leaf: Uint8Array): string => Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).toString('latin1')

/** Leaves that a note names, whoever signed it. */
const leavesIn = (note: string): string[] => {
  try {
    return parsePromise(parseNote(note).text).entries.map(({ leaf }) => keyOf(leaf))
  } catch {
    return [] // told once the log's key is known
  }
}

/** Looks for promised entries while a log is verified. */
export const watchPromises = (notes: readonly string[]) => {
  const wanted = new Set(notes.flatMap(leavesIn))
  const places = new Map<string, number>()
  const latest: { index: number; occurred_at: string }[] = []

  /** The latest instant of the first entries. */
  const reachOf = (size: number): string => latest.findLast(({ index }) => index < size)?.occurred_at ?? ''

  const add: EntryListener = (index, entry, leaf) => {
    const key = keyOf(leaf)
    if (wanted.has(key)) places.set(key, index)
    const { occurred_at } = entry as { occurred_at?: unknown }
    if (typeof occurred_at === 'string' && occurred_at > (latest.at(-1)?.occurred_at ?? '')) latest.push({ index, occurred_at })
  }

  const open = async (key: VerifierKey) => {
    const promised = new Map<string, Promised>()
    const foreign: PromiseAccount['foreign'] = []
    for (const [at, note] of notes.entries()) {
      try {
        const { due, entries } = await verifyPromise(sha256, note, key)
        for (const entry of entries) promised.set(`${entry.id} ${keyOf(entry.leaf)}`, { ...entry, due })
      } catch (fault) {
        if (!(fault instanceof LogError)) throw fault
        foreign.push({ place: at + 1, fault })
      }
    }
    return { promised: [...promised.values()], foreign }
  }

  return {
    add,
    async finish({ key, size, isWhole, asked, now }: Judged): Promise<PromiseAccount> {
      const { promised, foreign } = await open(key)
      const seen = asked ?? reachOf(size)
      // An instant that a clock ahead of its time wrote makes nothing due.
      const reaches = seen < now ? seen : now
      const fateOf = ({ leaf, due }: Promised) => {
        if ((places.get(keyOf(leaf)) ?? size) < size) return 'redeemed'
        if (!isWhole) return 'unseen'
        return due < reaches ? 'broken' : 'open'
      }
      const { redeemed = [], open: waiting = [], broken = [], unseen = [] } = Object.groupBy(promised, fateOf)
      return { redeemed, open: waiting, broken, unseen, foreign, reaches }
    },
  }
}

export type PromiseWatch = ReturnType<typeof watchPromises>
