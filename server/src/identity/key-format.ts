import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const prefix = 'cs_live_'
const randomLength = 32
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const form = /^cs_live_[0-9A-Za-z]{38}$/

const base62 = (value: number, length: number): string => {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / 62)) text = (alphabet[rest % 62] as string) + text
  return text
}

/** Tells a mistyped or invented key from a real one without a look-up. It is no secret and proves nothing. */
const checksum = (body: string): string => base62(crc32(body), 6)

/** A new tenant API key: `cs_live_`, 32 random characters (190 bits), 6 of checksum. */
export const newKey = (): string => {
  let random = ''
  while (random.length < randomLength) {
    // 248 is the largest multiple of 62 in a byte: above it, some characters would come more often.
    for (const byte of randomBytes(randomLength)) if (byte < 248 && random.length < randomLength) random += alphabet[byte % 62]
  }
  const body = `${prefix}${random}`
  return `${body}${checksum(body)}`
}

/** Whether a text has the form of a key of ours, checksum included. */
export const isKey = (text: string): boolean => form.test(text) && text.slice(-6) === checksum(text.slice(0, -6))

/** What people may see of a key to tell it from others. */
export const hintOf = (key: string): string => `${prefix}…${key.slice(-4)}`
