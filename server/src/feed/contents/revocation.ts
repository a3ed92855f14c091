import type { EventName } from '@countersign/contract/events.ts'
import { compact, type FeedRecord } from '../formats/record.ts'

/** CAEP 1.0 section 3.1. */
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'

/** OpenID Shared Signals 1.0 section 8.1.4: says that the stream works, and nothing else. */
const verification = 'https://schemas.openid.net/secevent/ssf/event-type/verification'

type Parties = { issuer: string; audience: string }

const opaque = (id: string | undefined) => (id === undefined ? undefined : { format: 'opaque', id })

const initiators: Partial<Record<EventName, string>> = {
  'SUPPORT_SESSION.EXPIRED': 'policy',
  'SUPPORT_SESSION.TIMED_OUT': 'policy',
  'IMPERSONATE.EXPIRED': 'policy',
  'IMPERSONATE.TIMED_OUT': 'policy',
}

/** The claims of a security event token (RFC 8417) that says that a session, or all of a user's or tenant's, is over. */
export const revocationClaims = ({ event }: FeedRecord, { issuer, audience }: Parties): string =>
  JSON.stringify(
    compact({
      iss: issuer,
      jti: event.id,
      iat: Math.floor(Date.parse(event.occurred_at) / 1000),
      aud: audience,
      txn: event.session_id,
      sub_id: {
        format: 'complex',
        user: event.target?.kind === 'user' ? opaque(event.target.id) : undefined,
        session: opaque(event.session_id),
        tenant: opaque(event.tenant_id),
      },
      events: {
        [sessionRevoked]: {
          event_timestamp: Math.floor(Date.parse(event.occurred_at) / 1000),
          initiating_entity: initiators[event.action] ?? 'admin',
          reason_admin: event.reason === undefined ? undefined : { en: event.reason },
        },
      },
    }),
  )

export const verificationClaims = ({ event }: FeedRecord, { issuer, audience }: Parties): string =>
  JSON.stringify({
    iss: issuer,
    jti: event.id,
    iat: Math.floor(Date.parse(event.occurred_at) / 1000),
    aud: audience,
    sub_id: { format: 'opaque', id: issuer },
    events: { [verification]: { state: event.id } },
  })
