import { describe, expect, it } from 'vitest'
import { createSeen } from './seen.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('what was seen before', () => {
  it('is told with its first place, whatever came between', () => {
    const seen = createSeen()
    const count = 300_000
    for (let index = 0; index < count; index += 1) expect(seen.add(bytesOf(`evt_01a1fba001f27db3${index}`), index)).toBeUndefined()
    for (let index = 0; index < count; index += 999) expect(seen.add(bytesOf(`evt_01a1fba001f27db3${index}`), count + index)).toBe(index)
  })

  it('takes bytes that differ little, or in their length alone, for different ones', () => {
    const seen = createSeen()
    let index = 0
    for (let length = 0; length < 70; length += 1) expect(seen.add(new Uint8Array(length), index++)).toBeUndefined()
    for (let at = 0; at < 64; at += 1)
      for (let bit = 0; bit < 8; bit += 1) {
        const bytes = new Uint8Array(64)
        bytes[at] = 1 << bit
        expect(seen.add(bytes, index++)).toBeUndefined()
      }
    expect(seen.add(new Uint8Array(64), index)).toBe(64)
  })
})
