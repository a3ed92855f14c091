import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits, base64url: 43 characters. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

export const isSecret = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text)

/** What is stored in place of a secret. The secrets are random, so a plain hash can be neither guessed nor timed. */
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest()
