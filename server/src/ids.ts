import { randomFillSync } from 'node:crypto'
import { type IdKind, idPrefixes } from '@countersign/contract/ids.ts'

// Asking the system for random bytes costs the same for ten as for thousands.
const pool = Buffer.alloc(8_000)
let used = pool.length

const takeRandom = (): Buffer => {
  if (used >= pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 10
  return pool.subarray(used - 10, used)
}

/** A new id: the kind's prefix and a UUIDv7 (RFC 9562 §5.7) in hex, so that ids of a kind sort by creation. */
export const newId = (kind: IdKind, now = Date.now(), random = takeRandom()): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(now, 0, 6)
  random.copy(bytes, 6)
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f)
  return `${idPrefixes[kind]}_${bytes.toString('hex')}`
}
