import { randomBytes } from 'node:crypto'
import { type IdKind, idPrefixes } from '@countersign/contract/ids.ts'

/** A new id: the kind's prefix and a UUIDv7 (RFC 9562 §5.7) in hex, so that ids of a kind sort by creation. */
export const newId = (kind: IdKind, now = Date.now(), random = randomBytes(10)): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(now, 0, 6)
  random.copy(bytes, 6)
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f)
  return `${idPrefixes[kind]}_${bytes.toString('hex')}`
}
