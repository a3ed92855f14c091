import { describe, expect, it } from 'vitest'
import { LogError } from './errors.ts'
import { sha256 } from './sha256.ts'
import { formatTlogProof, parseTlogProof } from './tlog-proof.ts'

const [left, right] = [sha256(new Uint8Array([1])), sha256(new Uint8Array([2]))]
const checkpoint = 'test.example/log\n4\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 test.example/log AAAAAAAA\n'
const text = `c2sp.org/tlog-proof@v1
index 2
S/XxIkTFVFq/BLhahLWJJ2b2ffUbRmzRWF9UeAGYVIM=
28G0yQD/5I1XW12lxjiEASX2XbDiGiRLN3aBWGd4bYY=

${checkpoint}`

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'accepted'
  } catch (error) {
    return error instanceof LogError ? error.code : String(error)
  }
}

describe('M2 a proof in the form of C2SP tlog-proof', () => {
  it('is written and read as the specification has it', () => {
    const written = formatTlogProof({ index: 2, proof: [left, right], checkpoint })
    const read = parseTlogProof(written)
    expect(read).toEqual({ index: 2, proof: [left, right], checkpoint })
    expect(written.split('\n').slice(0, 2)).toEqual(['c2sp.org/tlog-proof@v1', 'index 2'])
    expect(parseTlogProof(text).index).toBe(2)
  })

  it('may be empty, for a log of one entry, and may have extra data, which nothing vouches for', () => {
    expect(parseTlogProof(formatTlogProof({ index: 0, proof: [], checkpoint }))).toEqual({ index: 0, proof: [], checkpoint })
    expect(parseTlogProof(text.replace('\nindex', '\nextra YWdl\nindex')).index).toBe(2)
  })

  it.each<[string, (text: string) => string]>([
    ['another first line', (given) => given.replace('@v1', '@v2')],
    ['no index', (given) => given.replace('index 2\n', '')],
    ['an index with a leading zero', (given) => given.replace('index 2', 'index 02')],
    ['a negative index', (given) => given.replace('index 2', 'index -1')],
    ['an index beyond what is a number', (given) => given.replace('index 2', 'index 9999999999999999')],
    ['a hash of 31 bytes', (given) => given.replace(/\nS\/X.*\n/, '\nS/XxIkTFVFq/BLhahLWJJ2b2ffUbRmzRWF9UeAGYVA==\n')],
    ['a hash that is no base64', (given) => given.replace('S/Xx', 'S_Xx')],
    ['extra data that is no base64', (given) => given.replace('\nindex', '\nextra ?\nindex')],
    ['no checkpoint', (given) => given.split('\n\n')[0] ?? ''],
    ['more hashes than any tree has', (given) => given.replace('\n\n', `\n${`${'A'.repeat(43)}=\n`.repeat(60)}\n`)],
    ['carriage returns', (given) => given.replaceAll('\n', '\r\n')],
    ['nothing at all', () => ''],
  ])('is refused with %s', (_what, change) => {
    expect(codeOf(() => parseTlogProof(change(text)))).toBe('malformed_proof')
  })
})
