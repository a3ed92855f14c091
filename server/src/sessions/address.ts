import { createHash } from 'node:crypto'

/** An IPv4 address is the same one where it is written as IPv6. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '')

/** What is kept of the only address that a session may be used from: it can be compared, and is no list of where staff were. */
export const hashAddress = (sessionId: string, address: string | undefined): Buffer =>
  createHash('sha256')
    .update(`${sessionId} ${address === undefined ? 'unknown' : plain(address)}`)
    .digest()
