import { hash } from 'node:crypto'

/**
 * SHA-256 by node:crypto. The rest of this package imports nothing of Node. Handed over as text, one character a byte: memory
 * of its own for each hash would cost as much as hashing.
 */
export const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(hash('sha256', bytes, 'binary'), 'latin1')
