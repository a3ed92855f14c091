import { describe, expect, it } from 'vitest'
import { newId } from '../../server/src/ids.ts'

describe('a new id', () => {
  it('is the prefix and the UUIDv7 that RFC 9562 gives as its example (appendix A.6)', () => {
    // 017F22E2-79B0-7CC3-98C4-DC0C0C07398F, with other bits where version and variant stand.
    expect(newId('event', 0x017f22e279b0, 'fcc3d8c4dc0c0c07398f')).toBe('evt_017f22e279b07cc398c4dc0c0c07398f')
  })

  it('has the form of a UUIDv7, is given out once, and sorts by its instant', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => newId('request', 1_700_000_000_000 + i))
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
    expect(new Set(ids.map((id) => id.slice(16))).size).toBe(ids.length)
    expect([...ids].sort()).toEqual(ids)
    const variants = new Set(ids.map((id) => id[20]))
    expect(variants).toEqual(new Set(['8', '9', 'a', 'b']))
  })
})
