import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hmacOf } from '../../server/src/audit/mac.ts'

describe('M2 the HMAC beside an event (RFC 2104)', () => {
  // RFC 4231 §4.2, §4.3 and §4.7: a short key, a text, a key longer than a block.
  it.each([
    [Buffer.alloc(20, 0x0b), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [Buffer.from('Jefe'), 'what do ya want for nothing?', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    [
      Buffer.alloc(131, 0xaa),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ])('gives what RFC 4231 says (%#)', (key, text, expected) => {
    expect(hmacOf(key, text).toString('hex')).toBe(expected)
  })

  it('agrees with node:crypto at every length around its limits, after shorter and longer texts, in any script', () => {
    const key = randomBytes(32)
    for (const length of [0, 1, 55, 56, 63, 64, 65, 700, 5_461, 5_462, 16_384, 40_000, 2, 0]) {
      for (const letter of ['a', 'é', '漢', '😀']) {
        const text = letter.repeat(Math.ceil(length / letter.length))
        expect(hmacOf(key, text).equals(createHmac('sha256', key).update(text).digest())).toBe(true)
      }
    }
  })
})
