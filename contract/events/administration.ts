import { z } from 'zod'
import { Permission } from '../keys.ts'
import { count, ofTenant, requestIfAny, target } from './common.ts'
import { kept } from './members.ts'

export const keyCreated = {
  ...ofTenant,
  target,
  details: {
    permissions: kept(z.array(Permission)),
    hint: kept(z.string().describe('Last characters of the key')),
    expires_at: kept(z.string().optional()),
  },
}
export const keyRevoked = { ...ofTenant, target }

/** Of an ingest key. Of what it sends, only that it began to is on the log. */
export const ingestKeyCreated = {
  target,
  details: { hint: kept(z.string().describe('Last characters of the key')), expires_at: kept(z.string().optional()) },
}
export const ingestKeyFirstUsed = { target, request: requestIfAny }
export const ingestKeyRevoked = { target }

export const staffDisabled = { target, details: { count: kept(count.schema.describe('Sign-ins that were ended')) } }
export const staffEnabled = { target }
