import { hash } from 'node:crypto'
import type { Hash } from './tree.ts'

/** SHA-256 by node:crypto. The rest of this package imports nothing of Node. */
export const sha256: Hash = (bytes) => hash('sha256', bytes, 'buffer')
