import type { Session } from '@countersign/contract/sessions.ts'
import { Tag } from '../../ui/Badge.tsx'
import { Countdown } from '../../ui/Countdown.tsx'
import { whyUnusable } from './unusable.ts'

/** What is left of an active session, or why it may not be used. */
export function Left({ session }: { session: Session }) {
  const why = whyUnusable(session)
  if (!why) return <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} />
  return (
    <Tag tone="amber" tip={why.sentence}>
      {why.short}
    </Tag>
  )
}
