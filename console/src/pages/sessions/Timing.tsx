import { endedWords, type Session } from '@countersign/contract/sessions.ts'
import { useEffect } from 'react'
import { client } from '../../api/client.ts'
import { useNow } from '../../api/clock.ts'
import { Facts } from '../../ui/Card.tsx'
import { Countdown, secondsLeft } from '../../ui/Countdown.tsx'
import { formatDuration } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { At, Instant } from '../../ui/Time.tsx'

/** When it began and ends, or how it ended. */
export function Timing({ session }: { session: Session }) {
  return (
    <Facts
      facts={[
        ['Issued', <Instant key="issued" at={session.issued_at} />],
        session.status === 'REVOKED'
          ? ['Expiry was', <At key="expires" at={session.expires_at} />]
          : [session.status === 'ACTIVE' ? 'Expires' : 'Expired', <Instant key="expires" at={session.expires_at} />],
        session.revoked_at !== null && ['Revoked', <Instant key="revoked" at={session.revoked_at} />],
        session.revoked_by !== null && ['Revoked by', <Inert key="by" text={session.revoked_by} />],
        session.revocation_reason !== null && [
          'Reason given',
          <Inert key="why" text={session.revocation_reason} className="whitespace-pre-line" />,
        ],
        session.ended_by !== null && ['How it ended', endedWords[session.ended_by]],
        session.ended_at !== null && ['Lasted', formatDuration(Date.parse(session.ended_at) - Date.parse(session.issued_at))],
      ]}
    />
  )
}

/** When the time is over the server is asked: its clock decides, not this one. */
export function Remaining({ session }: { session: Session }) {
  const isOver = secondsLeft(session.expires_at, useNow(1)) <= 0
  useEffect(() => {
    if (isOver) void client.invalidateQueries({ queryKey: ['sessions'] })
  }, [isOver])
  return (
    <p className="flex items-center gap-2 text-base">
      <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} />
      <span className="text-faint text-sm">left, then access ends by itself</span>
    </p>
  )
}
