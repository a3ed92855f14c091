import { endedWords, type Session } from '@countersign/contract/sessions.ts'
import { useEffect } from 'react'
import { client } from '../../api/client.ts'
import { useNow } from '../../api/clock.ts'
import { Card, Facts } from '../../ui/Card.tsx'
import { Countdown, secondsLeft } from '../../ui/Countdown.tsx'
import { formatDuration } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { At, Instant } from '../../ui/Time.tsx'

export function TimingCard({ session }: { session: Session }) {
  return (
    <Card title="Timing">
      <div className="flex flex-col gap-3">
        {session.standing === 'usable' ? <Remaining session={session} /> : null}
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
      </div>
    </Card>
  )
}

/** When the time is over the server is asked: its clock decides, not this one. */
function Remaining({ session }: { session: Session }) {
  const isOver = secondsLeft(session.expires_at, useNow(1)) <= 0
  useEffect(() => {
    if (isOver) void client.invalidateQueries({ queryKey: ['sessions'] })
  }, [isOver])
  return (
    <p className="flex items-center gap-3">
      <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} size="large" />
      <span className="text-faint text-sm">left. Access then ends by itself.</span>
    </p>
  )
}
