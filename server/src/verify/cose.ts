import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'

type Value = number | string | Buffer | Value[] | Map<Value, Value>

/** As much of CBOR (RFC 8949) as a COSE_Key has: integers, byte and text strings, arrays and maps of definite length. */
const readValue = (bytes: Buffer, at: number): [value: Value, next: number] => {
  const head = bytes.readUInt8(at)
  const short = head & 0x1f
  const width = short < 24 ? 0 : 2 ** (short - 24)
  if (short > 26) throw new RangeError('a length of another form')
  const count = width === 0 ? short : bytes.readUIntBE(at + 1, width)
  const start = at + 1 + width
  switch (head >> 5) {
    case 0:
      return [count, start]
    case 1:
      return [-1 - count, start]
    case 2:
    case 3: {
      const text = bytes.subarray(start, start + count)
      if (text.length !== count) throw new RangeError('it ends too early')
      return [head >> 5 === 2 ? text : text.toString('utf8'), start + count]
    }
    case 4:
      return readMany(bytes, start, count)
    case 5: {
      const [flat, next] = readMany(bytes, start, 2 * count)
      return [new Map(Array.from({ length: count }, (_, n) => [flat[2 * n] as Value, flat[2 * n + 1] as Value])), next]
    }
    default:
      throw new RangeError('a value of another kind')
  }
}

const readMany = (bytes: Buffer, start: number, count: number): [values: Value[], next: number] => {
  const values: Value[] = []
  let next = start
  for (let n = 0; n < count; n++) {
    const [value, after] = readValue(bytes, next)
    values.push(value)
    next = after
  }
  return [values, next]
}

const curves: Record<number, string> = { 1: 'P-256', 2: 'P-384', 3: 'P-521', 6: 'Ed25519' }
/** COSE algorithms and their hashes; Ed25519 has its own. */
const hashes: Record<number, string | null> = { [-7]: 'sha256', [-35]: 'sha384', [-36]: 'sha512', [-257]: 'sha256', [-8]: null }

/** A public key of a passkey (RFC 9052 §7), and the hash that its signatures are made with. */
export const readCoseKey = (bytes: Buffer): { key: KeyObject; hash: string | null } => {
  const [map] = readValue(bytes, 0)
  if (!(map instanceof Map)) throw new RangeError('no COSE_Key')
  const text = (label: number): string => {
    const value = map.get(label)
    if (!Buffer.isBuffer(value)) throw new RangeError(`no member ${label}`)
    return value.toString('base64url')
  }
  const hash = hashes[Number(map.get(3))]
  if (hash === undefined) throw new RangeError('another algorithm')
  const crv = curves[Number(map.get(-1))]
  const jwks: Record<number, () => JsonWebKey> = {
    1: () => ({ kty: 'OKP', crv, x: text(-2) }),
    2: () => ({ kty: 'EC', crv, x: text(-2), y: text(-3) }),
    3: () => ({ kty: 'RSA', n: text(-1), e: text(-2) }),
  }
  const jwk = jwks[Number(map.get(1))]
  if (!jwk) throw new RangeError('another kind of key')
  return { key: createPublicKey({ key: jwk(), format: 'jwk' }), hash }
}
