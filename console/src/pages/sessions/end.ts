import type { Session } from '@countersign/contract/sessions.ts'

/** How and when a session ended that is over. */
export const endOf = (session: Pick<Session, 'revoked_at' | 'ended_at' | 'expires_at'>): { word: 'revoked' | 'expired'; at: string } =>
  session.revoked_at === null
    ? { word: 'expired', at: session.ended_at ?? session.expires_at }
    : { word: 'revoked', at: session.revoked_at }
