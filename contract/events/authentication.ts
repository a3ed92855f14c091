import { z } from 'zod'
import { SessionId } from '../ids.ts'
import { Role } from '../staff.ts'
import { ofTenantIfAny, refusal, request, requestIfAny, target, unrecorded } from './common.ts'
import { erasable, kept, optional } from './members.ts'

const signInId = z.string().describe('Id of the sign-in')

export const signedIn = {
  target,
  request,
  details: {
    roles: kept(z.array(Role)),
    sign_in: kept(signInId),
    replaces: kept(signInId.optional().describe('The sign-in that this browser had before')),
    acr: kept(z.string().optional()),
    amr: kept(z.array(z.string()).optional()),
    auth_time: kept(z.number().int().optional()),
  },
}

export const signedOut = { target, request, details: { sign_in: kept(signInId) } }

/** A sign-in, a cookie or an API key that was refused. The tenant sees those of its own keys. */
export const authDenied = {
  ...ofTenantIfAny,
  ...refusal,
  target: optional(target),
  request: requestIfAny,
  details: optional({
    issuer: kept(z.string().optional()),
    subject: kept(z.string().optional()),
    email: erasable(z.string().optional()),
    unrecorded,
  }),
}

/** Somebody signed in whose roles do not allow it. */
export const accessDenied = {
  ...ofTenantIfAny,
  session_id: kept(SessionId.optional()),
  ...refusal,
  target,
  request: requestIfAny,
}
