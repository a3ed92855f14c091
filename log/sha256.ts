import { sha256 as hash } from '@noble/hashes/sha2.js'
import type { Hash } from './tree.ts'

/**
 * SHA-256 (FIPS 180-4) for browsers: WebCrypto's is asynchronous, which is slow for the many small inputs of a tree.
 */
export const sha256: Hash = (bytes) => hash(bytes)
