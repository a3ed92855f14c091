import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signCheckpoint } from './checkpoint.ts'
import { canonicalForm } from './entry.ts'
import { formatVerifierKey, parseVerifierKey } from './note.ts'
import { sha256 } from './sha256-node.ts'
import type { Tile } from './tile.ts'
import { tileWidth } from './tile.ts'
import { hashLeaf, rootOfLeaves } from './tree.ts'
import { firstFinding, formatPlace } from './verifier.ts'
import { type LogSource, verifyLog } from './verify.ts'

const origin = 'log.example'
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const key = parseVerifierKey(
  sha256,
  formatVerifierKey(sha256, origin, new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'))),
)
const signer = { name: origin, id: key.id, sign: (message: Uint8Array) => sign(null, message, privateKey) }
const trusted = [key]

const entryOf = (number: number) => new TextEncoder().encode(canonicalForm({ number }))
const size = 600
/** The last entry of what is signed says what the log has of each tenant: nothing, as none of these concerns one. */
const talliedAt = (index: number) =>
  new TextEncoder().encode(canonicalForm({ action: 'LOG.TALLIED', details: { form: 1, root: `${'A'.repeat(43)}=`, size: index } }))
const entries = Array.from({ length: size }, (_, at) => (at === size - 1 ? talliedAt(at) : entryOf(at)))
const leavesOf = (list: readonly Uint8Array[]) => list.map((entry) => hashLeaf(sha256, entry))
const noteOf = (list: readonly Uint8Array[], count: number) =>
  signCheckpoint({ origin, size: count, root: rootOfLeaves(sha256, leavesOf(list.slice(0, count))) }, signer)
const tilesOver =
  (list: readonly Uint8Array[]) =>
  async ({ index, width }: Tile) =>
    Buffer.concat(leavesOf(list.slice(index * tileWidth, index * tileWidth + width)))

const source = (changes: Partial<LogSource> = {}): LogSource => ({
  checkpoint: noteOf(entries, size),
  checkpoints: [100, 300, 500].map((count) => noteOf(entries, count)),
  entries: [entries],
  ...changes,
})
const verify = (changes: Partial<LogSource>, earlier: string[] = []) => verifyLog(sha256, source(changes), { trusted, earlier })
const placeOf = async (changes: Partial<LogSource>, earlier: string[] = []) => {
  const first = firstFinding((await verify(changes, earlier)).findings)
  return first && `${formatPlace(first)} ${first.code}`
}
const edited = entries.with(321, entryOf(-1))

describe('M2 verification of a whole log', () => {
  it('finds nothing in a log that is whole', async () => {
    const result = await verify({ readTile: tilesOver(entries) }, [noteOf(entries, 42)])
    expect(result.findings).toEqual([])
    expect(result).toMatchObject({ entries: size, checkpoints: 5, checkpoint: { size } })
  })

  it('names the entry that was edited, where the tiles are the signed ones', async () => {
    expect(await placeOf({ entries: [edited], readTile: tilesOver(entries) })).toBe('entry 321 entry_mismatch')
  })

  it('names the smallest range between checkpoints, where tiles are missing or were changed along', async () => {
    expect(await placeOf({ entries: [edited] })).toBe('entries 300 to 499 root_mismatch')
    expect(await placeOf({ entries: [edited], readTile: tilesOver(edited) })).toBe('entries 300 to 499 root_mismatch')
    expect(await placeOf({ entries: [edited] }, [noteOf(entries, 322)])).toBe('entries 300 to 321 root_mismatch')
  })

  it('names the end that was cut off, where the tiles are the signed ones', async () => {
    const place = 'entries 590 to 599 entries_missing'
    expect(await placeOf({ entries: [entries.slice(0, 590)], readTile: tilesOver(entries) })).toBe(place)
  })

  it('names an entry that has the id of another one, as a copy with another instant has', async () => {
    const withId = (id: string, number: number) => new TextEncoder().encode(canonicalForm({ id, number }))
    const list = Array.from({ length: 3_000 }, (_, at) => withId(`evt_${at}`, at))
    const copied = list.with(2_999, withId('evt_321', -1))
    const sourceOf = (given: Uint8Array[]) => {
      const all = [...given, talliedAt(given.length)]
      return { checkpoint: noteOf(all, all.length), checkpoints: [], entries: [all] }
    }
    expect(await placeOf(sourceOf(list))).toBeUndefined()
    expect((await verify(sourceOf(copied))).findings).toEqual([
      { code: 'duplicate_entry', from: 2_999, to: 3_000, reason: 'It has the id of entry 321.' },
    ])
    // An id within something else is none, and one that needs the slow way is.
    const others = [{ a: { id: 'x' } }, { b: { id: 'x' } }, { id: 'é', n: 1e21 }, { id: 'é', n: 1 }, { id: 7 }, { id: 7, n: 1 }]
    expect(await placeOf(sourceOf(others.map((value) => new TextEncoder().encode(canonicalForm(value)))))).toBe('entry 3 duplicate_entry')
  })

  it('is not led astray by a decoy in the tiles', async () => {
    expect(await placeOf({ entries: [edited], readTile: tilesOver(edited.with(400, entryOf(-2))) })).toBe(
      'entries 300 to 499 root_mismatch',
    )
  })

  it('names a stored tile that is wrong while the entries are right', async () => {
    expect(await placeOf({ readTile: tilesOver(edited) })).toBe('entry 321 tile_mismatch')
  })

  it.each([
    ['deleted in the middle', entries.toSpliced(321, 1), 'entries 300 to 499 root_mismatch'],
    ['inserted in the middle', entries.toSpliced(321, 0, entryOf(-1)), 'entries 300 to 499 root_mismatch'],
    ['swapped', entries.with(321, entryOf(322)).with(322, entryOf(321)), 'entries 300 to 499 root_mismatch'],
    ['cut off', entries.slice(0, 590), 'entries 500 to 599 entries_missing'],
    ['missing, where nobody can say which', entries.toSpliced(550, 1), 'entries 500 to 599 entries_missing'],
    ['all cut off', [], 'entries 0 to 599 entries_missing'],
  ])('sees entries %s', async (_name, changed, place) => {
    expect(await placeOf({ entries: [changed] })).toBe(place)
  })

  it('AU-12 sees a log that was truncated, grown differently and signed anew, by a checkpoint that somebody kept', async () => {
    const other = [...entries.slice(0, 595), ...Array.from({ length: 50 }, (_, at) => (at === 44 ? talliedAt(639) : entryOf(-at - 1)))]
    const rewritten = { checkpoint: noteOf(other, 640), checkpoints: [noteOf(other, 620)], entries: [other] }
    expect(await placeOf(rewritten)).toBeUndefined()
    expect(await placeOf(rewritten, [noteOf(entries, size)])).toBe('entries 0 to 599 root_mismatch')
    // What lies beside it was signed anew with it, and says nothing of what was before: only what was kept does.
    const beside = { ...rewritten, checkpoints: [noteOf(other, 590)] }
    expect(await placeOf(beside, [noteOf(entries, size)])).toBe('entries 0 to 599 root_mismatch')
    expect(await placeOf(beside, [noteOf(entries, 400), noteOf(entries, size)])).toBe('entries 400 to 599 root_mismatch')
  })

  it('names an entry that is not in canonical form though it is in the tree', async () => {
    const loose = entries.with(7, new TextEncoder().encode('{"number": 7}'))
    expect(await placeOf({ entries: [loose], checkpoint: noteOf(loose, size), checkpoints: [] })).toBe('entry 7 not_canonical')
    const broken = entries.with(8, new Uint8Array([0x22, 0xff, 0x22]))
    expect(await placeOf({ entries: [broken], checkpoint: noteOf(broken, size), checkpoints: [] })).toBe('entry 8 not_canonical')
  })

  it('tells of a kept or stored checkpoint that is not to be believed', async () => {
    const forged = noteOf(entries, 300).replace('300', '301')
    expect((await verify({}, [forged])).findings.map(({ code }) => code)).toEqual(['signature_wrong'])
    expect((await verify({ checkpoints: [forged] })).findings.map(({ code }) => code)).toEqual(['signature_wrong'])
  })

  it('refuses to go on where the newest checkpoint cannot be believed', async () => {
    await expect(verify({ checkpoint: noteOf(entries, 600).replace('600', '601') })).rejects.toMatchObject({ code: 'signature_wrong' })
  })

  it('refuses a log that is empty though its checkpoint has a wrong root', async () => {
    const wrong = signCheckpoint({ origin, size: 0, root: new Uint8Array(32) }, signer)
    expect(await placeOf({ checkpoint: wrong, checkpoints: [], entries: [] })).toBe('entry 0 root_mismatch')
    expect(await placeOf({ checkpoint: noteOf([], 0), checkpoints: [], entries: [] })).toBeUndefined()
  })
})
