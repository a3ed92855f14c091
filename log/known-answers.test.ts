import { describe, expect, it } from 'vitest'
import { verifyCheckpoint } from './checkpoint.ts'
import { canonicalForm } from './entry.ts'
import { parseVerifierKey } from './note.ts'
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './proof.ts'
import { sha256 } from './sha256-node.ts'
import type { NodeReader } from './tile.ts'
import { hashLeaf, rootOfLeaves } from './tree.ts'

/*
 * A few answers that others have published, so that a clone alone shows that this log is theirs. More of them, as files, stand
 * beside the repository: see `test/support/vectors.ts`.
 */

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

describe('M2 RFC 8785', () => {
  it('section 3.2.2: the sample object, to the byte', () => {
    const form = canonicalForm(
      JSON.parse(String.raw`{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
      }`),
    )
    expect(Buffer.from(form)).toEqual(
      hex(
        `7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31652b3330
         2c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d`.replaceAll(
          /\s/g,
          '',
        ),
      ),
    )
  })

  it('section 3.2.3: names in the order of their UTF-16 code units', () => {
    const form = canonicalForm({
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    })
    const values = [...form.matchAll(/:"([^"]+)"/g)].map(([, value]) => value)
    expect(values).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555555', '333333333.3333333'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('appendix B: the double %s is %s', (double, text) => {
    expect(canonicalForm([hex(double).readDoubleBE()])).toBe(`[${text}]`)
  })
})

describe('M2 RFC 6962: the tree of eight leaves that its first implementations test with', () => {
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((leaf) =>
    hashLeaf(sha256, hex(leaf)),
  )
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ].map(hex)
  const read: NodeReader = async (nodes) =>
    nodes.map(({ level, index }) => rootOfLeaves(sha256, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)))

  it.each(roots.map((root, size) => [size, root] as const))('the root of the first %i leaves', (size, root) => {
    expect(rootOfLeaves(sha256, leaves.slice(0, size))).toEqual(root)
  })

  it.each([
    [
      0,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      5,
      8,
      [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
    [
      1,
      5,
      [
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
  ])('the proof that leaf %i is among %i', async (index, size, path) => {
    const proof = path.map(hex)
    expect((await proveInclusion(sha256, read, index, size)).map((hash) => Buffer.from(hash))).toEqual(proof)
    const leafHash = leaves[index] as Uint8Array
    verifyInclusion(sha256, { index, size, leafHash, proof, expectedRoot: roots[size] as Buffer })
  })

  it.each([
    [
      6,
      8,
      [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [
      2,
      5,
      [
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
    [
      6,
      7,
      [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
  ])('the proof that the first %i are the beginning of %i', async (size1, size2, path) => {
    const proof = path.map(hex)
    expect((await proveConsistency(sha256, read, size1, size2)).map((hash) => Buffer.from(hash))).toEqual(proof)
    verifyConsistency(sha256, { size1, size2, root1: roots[size1] as Buffer, root2: roots[size2] as Buffer, proof })
  })
})

describe('M2 C2SP', () => {
  it('tlog-checkpoint: one that another implementation signed', async () => {
    const key = parseVerifierKey(sha256, 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx')
    const note = `example.com/log/testdata
5
gy5gl3aksFyiCO95a/1vLXz88A3dRq+0l9Sxte8ZqZQ=

\u2014 example.com/log/testdata M9e0lmn5eDHyHP10zJObZdFAX2y1V8fdDKBi4IiHbDYf1TCUBwxZOhqwv2QZCqrdda2zTRTrmnwjwscN5RBTEmZUYAs=
`
    const leaves = ['one', 'two', 'three', 'four', 'five'].map((word) => hashLeaf(sha256, Buffer.from(word)))
    const { root, ...checkpoint } = await verifyCheckpoint(note, [key])
    expect(checkpoint).toEqual({ origin: 'example.com/log/testdata', size: 5 })
    expect(Buffer.from(root)).toEqual(Buffer.from(rootOfLeaves(sha256, leaves)))
    await expect(verifyCheckpoint(note.replace('\n5\n', '\n6\n'), [key])).rejects.toMatchObject({ code: 'signature_wrong' })
  })
})
