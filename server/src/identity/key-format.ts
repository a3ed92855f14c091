import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Whose the key is: a tenant's, to read its audit, or that of a source of signals. The one is of no use where the other belongs. */
const prefixes = { tenant: 'cs_live_', ingest: 'ci_live_' } as const
export type KeyKind = keyof typeof prefixes

const randomLength = 32
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const rest = /^[0-9A-Za-z]{38}$/

const base62 = (value: number, length: number): string => {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / 62)) text = (alphabet[rest % 62] as string) + text
  return text
}

/** Tells a mistyped or invented key from a real one without a look-up. It is no secret and proves nothing. */
const checksum = (body: string): string => base62(crc32(body), 6)

/** A new key: its kind's prefix, 32 random characters (190 bits), 6 of checksum. */
export const newKey = (kind: KeyKind = 'tenant'): string => {
  let random = ''
  while (random.length < randomLength) {
    // 248 is the largest multiple of 62 in a byte: above it, some characters would come more often.
    for (const byte of randomBytes(randomLength)) if (byte < 248 && random.length < randomLength) random += alphabet[byte % 62]
  }
  const body = `${prefixes[kind]}${random}`
  return `${body}${checksum(body)}`
}

/** Whether a text has the form of a key of this kind, checksum included. */
export const isKey = (text: string, kind: KeyKind = 'tenant'): boolean => {
  const prefix = prefixes[kind]
  return text.startsWith(prefix) && rest.test(text.slice(prefix.length)) && text.slice(-6) === checksum(text.slice(0, -6))
}

/** What people may see of a key to tell it from others. */
export const hintOf = (key: string): string => `${key.slice(0, key.lastIndexOf('_') + 1)}…${key.slice(-4)}`
