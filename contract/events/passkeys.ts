import { z } from 'zod'
import { StaffId } from '../ids.ts'
import { target } from './common.ts'
import { kept } from './members.ts'

/** With its public key, so that whoever has the log can check what it signed, for ever. */
export const passkeyEnrolled = {
  target,
  details: {
    algorithm: kept(z.number().int().describe('COSE algorithm')),
    credential_id: kept(z.string().describe('base64url')),
    public_key: kept(z.string().describe('COSE_Key, base64url')),
    is_synced: kept(z.boolean()),
    usable: kept(z.enum(['at_once', 'confirmation', 'after_24_hours']).describe('When it may sign')),
  },
}

export const passkeyOfStaff = { target, details: { staff_id: kept(StaffId) } }

export const steppedUp = { target }
