import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { formatBase64 } from './bytes.ts'
import { findHidden } from './completeness.ts'
import { sha256 } from './sha256.ts'
import { createTallies } from './tallies.ts'
import { bitAt, emptyMap, emptyTally, extendTally, hashBranch, hashTally, pathOf, type Tally, verifyTally } from './tally.ts'
import { createTallyCheck } from './tally-check.ts'
import { createTallyTree } from './tally-tree.ts'

const utf8 = new TextEncoder()
const entryOf = (n: number) => ({ leafHash: sha256(utf8.encode(`leaf ${n}`)), id: `evt_${String(n).padStart(32, '0')}` })
const tallyOf = (...numbers: number[]): Tally => numbers.reduce((tally, n) => extendTally(sha256, tally, entryOf(n)), emptyTally())

/** The map from its definition: no tree, no memory. */
const rootOf = (tallies: readonly Tally[], depth = 0): Uint8Array => {
  const [only] = tallies
  if (!only) return emptyMap
  if (tallies.length === 1) return hashTally(sha256, only)
  const side = (bit: number) =>
    rootOf(
      tallies.filter(({ place }) => bitAt(place, depth) === bit),
      depth + 1,
    )
  return hashBranch(sha256, side(0), side(1))
}

const siblingsOf = (tallies: readonly Tally[], of: Tally): Uint8Array[] => {
  const siblings: Uint8Array[] = []
  let below = tallies
  for (let depth = 0; below.length > 1; depth += 1) {
    const bit = bitAt(of.place, depth)
    siblings.unshift(
      rootOf(
        below.filter(({ place }) => bitAt(place, depth) !== bit),
        depth + 1,
      ),
    )
    below = below.filter(({ place }) => bitAt(place, depth) === bit)
  }
  return siblings
}

/** Numbers that only look like chance. */
const newChance = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

describe('M2 the tallies of tenants', () => {
  it('are those of the test vectors in docs/verify.md', () => {
    const one = tallyOf(1)
    const three = tallyOf(1, 2, 3)
    expect(bytesToHex(entryOf(1).leafHash)).toBe('ccbf76d20974e563eb51d22ff1171a30472e0ae643b17863befd53614e7fefad')
    expect(bytesToHex(one.chain)).toBe('2f1baca989d0ad69f8bcef02f1aecebe0df0cdc1320d37c8f93515cf1e075210')
    expect(bytesToHex(three.chain)).toBe('e1fc01a837197bb8677e41edbaa3f5483d1c4f94c8f7f5189d05b72196533e4c')
    expect(three.place).toEqual(one.chain)
    expect(bytesToHex(hashTally(sha256, three))).toBe('5d2c00e3f0d15e1330c59b9af3802bbf6a9dbb43f17742b0ad46fc606b6da773')
    expect(bytesToHex(hashTally(sha256, { ...three, since: '2026-11-29T12:00:00.000000Z' }))).toBe(
      '9442b272f7f9c2c7f16806697e5db93f2f7c15dcbba818f66fb5723a41980ecf',
    )
    expect(bytesToHex(rootOf([three, tallyOf(4), tallyOf(5, 6)]))).toBe('26a6fd3e4fc647263252f272b7693b5303e9321241dbf41850d1c7e2d685e511')
    expect(pathOf(three.place, 4)).toBe('0010')
    expect(siblingsOf([three, tallyOf(4), tallyOf(5, 6)], three).map(bytesToHex)).toEqual([
      '176911b759b017b07ef3c01ad5e73dddbb44334dce30666914a853cc7077b5d8',
    ])
  })

  it('stand in a map that follows from what is in it, whatever came in between, and each is proven in it', () => {
    const chance = newChance(7)
    const tree = createTallyTree(sha256)
    const kept = new Map<string, string>()
    const present = new Map<number, Tally>()
    for (let turn = 0; turn < 400; turn += 1) {
      for (let change = 0; change < 1 + chance() * 3; change += 1) {
        const n = Math.floor(chance() * 60)
        const before = present.get(n)
        if (before && chance() < 0.4) {
          tree.delete(before.place)
          present.delete(n)
        } else {
          const next = extendTally(sha256, before ?? emptyTally(), entryOf(n))
          tree.set(next.place, hashTally(sha256, next))
          present.set(n, next)
        }
      }
      const root = tree.root((path, hash) => (hash ? kept.set(path, bytesToHex(hash)) : kept.delete(path)))
      const tallies = [...present.values()]
      expect(root).toEqual(rootOf(tallies))
      // What was told node by node is all that is needed to prove each of them.
      for (const tally of turn % 20 === 0 ? tallies : tallies.slice(0, 1)) {
        const siblings: Uint8Array[] = []
        for (let depth = 1; kept.has(pathOf(tally.place, depth)); depth += 1) {
          const path = `${pathOf(tally.place, depth - 1)}${1 - bitAt(tally.place, depth - 1)}`
          siblings.unshift(Uint8Array.from(Buffer.from(kept.get(path) ?? '00'.repeat(32), 'hex')))
        }
        expect(siblings).toEqual(siblingsOf(tallies, tally))
        verifyTally(sha256, tally, siblings, root)
      }
    }
    expect(present.size).toBeGreaterThan(10)
    for (const { place } of present.values()) tree.delete(place)
    expect(tree.root((path, hash) => (hash ? kept.set(path, bytesToHex(hash)) : kept.delete(path)))).toEqual(emptyMap)
    expect(kept.size).toBe(0)
  })

  it('are refused where anything of them, or of the way to the root, is another', () => {
    const [mine, other, third] = [tallyOf(1, 2, 3), tallyOf(4), tallyOf(5, 6)]
    const tallies = [mine, other, third]
    const [root, siblings] = [rootOf(tallies), siblingsOf(tallies, mine)]
    verifyTally(sha256, mine, siblings, root)
    const wrong: [Tally, Uint8Array[]][] = [
      [{ ...mine, count: 2 }, siblings],
      [tallyOf(1, 2), siblings],
      [{ ...mine, since: '2026-01-01T00:00:00.000000Z' }, siblings],
      [other, siblings],
      [mine, siblings.slice(1)],
      [mine, siblings.toReversed().map((each) => sha256(each))],
      [mine, [...siblings, emptyMap]],
      [emptyTally(), siblings],
    ]
    for (const [tally, way] of wrong) expect(() => verifyTally(sha256, tally, way, root)).toThrow('not what it has')
  })

  it('say how many events were kept back, and that others were shown in their place', () => {
    const expected = tallyOf(1, 2, 3)
    expect(findHidden(expected, tallyOf(1, 2, 3))).toBeUndefined()
    expect(findHidden(expected, tallyOf(2, 3))).toContain('2 were shown: 1 were kept back')
    expect(findHidden(expected, tallyOf(9, 2, 3))).toContain('are not the 3 that the log has')
    expect(findHidden(expected, tallyOf(3, 2, 1))).toContain('are not the 3 that the log has')
    expect(findHidden(expected, tallyOf(1, 2, 3, 9))).toContain('some are not its own')
  })

  it('begin anew where an id was given away, with those entries that are the new tenant’s already', () => {
    const at = (second: number) => `2026-11-29T12:00:0${second}.000000Z`
    const give = { action: 'TENANT.DIRECTORY.SYNCED', details: { recreated: ['ten_a'], recreated_at: at(2) } }
    const entries = [
      { tenant_id: 'ten_a', occurred_at: at(1) },
      { tenant_id: 'ten_a', occurred_at: at(3) },
      { ...give, occurred_at: at(2) },
      { tenant_id: 'ten_a', occurred_at: at(1) },
      { tenant_id: 'ten_a', occurred_at: at(4) },
      { tenant_id: 'ten_b', occurred_at: at(1) },
    ].map((fields, n) => ({ ...fields, id: entryOf(n).id }))
    const anew = [1, 4].reduce((tally, n) => extendTally(sha256, tally, entryOf(n)), emptyTally(at(2)))
    const root = formatBase64(rootOf([anew, tallyOf(5)]))
    const judge = (signed: number, upcoming = [{ index: 2, tenant: 'ten_a', since: at(2) }], more = 0) => {
      const check = createTallyCheck(sha256, upcoming, signed)
      for (const [n, entry] of entries.entries()) check.add(n, entry, entryOf(n).leafHash)
      for (let n = 6; n <= 6 + more; n++) check.add(n, { action: 'LOG.TALLIED', details: { form: 1, root, size: n } }, entryOf(n).leafHash)
      return check.finish()
    }
    expect(judge(7)).toEqual([])
    expect(judge(8)).toMatchObject([{ code: 'tally_mismatch' }])
    expect(judge(6)).toMatchObject([{ code: 'tally_mismatch' }])
    // A log that runs has the next tallies before it signs them.
    expect(judge(7, undefined, 1)).toEqual([])
    // One of the former tenant’s entries counted as well is another root.
    expect(judge(7, [])).toMatchObject([{ code: 'tally_mismatch', from: 0, to: 7 }])
    // The sequencer, which reads those entries when it comes to the one that says so, has the same.
    const tallies = createTallies(sha256)
    for (const n of [0, 1]) tallies.add('ten_a', { ...entryOf(n), occurred_at: at(n === 0 ? 1 : 3) })
    tallies.begin('ten_a', at(2), [entryOf(1)])
    tallies.add('ten_a', { ...entryOf(3), occurred_at: at(1) })
    tallies.add('ten_a', { ...entryOf(4), occurred_at: at(4) })
    tallies.add('ten_b', { ...entryOf(5), occurred_at: at(1) })
    expect(formatBase64(tallies.root())).toBe(root)
    expect(tallies.takeChanged().map(([tenant, { count }]) => [tenant, count])).toEqual([
      ['ten_a', 2],
      ['ten_b', 1],
    ])
    expect(tallies.takeChanged()).toEqual([])
  })
})
