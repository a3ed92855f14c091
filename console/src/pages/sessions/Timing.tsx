import type { Session } from '@countersign/contract/sessions.ts'
import clsx from 'clsx'
import { useEffect } from 'react'
import { client } from '../../api/client.ts'
import { useNow } from '../../api/clock.ts'
import { useMe } from '../../api/me.ts'
import { Button } from '../../ui/Button.tsx'
import { Facts } from '../../ui/Card.tsx'
import { Countdown, endsSoonSeconds, secondsLeft } from '../../ui/Countdown.tsx'
import { formatCountdown } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { openOverlay } from '../../ui/overlay.ts'
import { At, Instant } from '../../ui/Time.tsx'
import { nearestLimit } from './limits.ts'
import { StayButton } from './StayButton.tsx'

/** When it began and ends, or how it ended. */
export function Timing({ session }: { session: Session }) {
  return (
    <Facts
      facts={[
        ['Issued', <Instant key="issued" at={session.issued_at} />],
        session.status === 'REVOKED'
          ? ['Expiry was', <At key="expires" at={session.expires_at} />]
          : [session.status === 'ACTIVE' ? 'Expires' : 'Expired', <Instant key="expires" at={session.expires_at} />],
        session.standing === 'usable' && ['Or ends', <Idle key="idle" session={session} />],
        session.revoked_at !== null && ['Revoked', <Instant key="revoked" at={session.revoked_at} />],
        session.revoked_by !== null && ['Revoked by', <Inert key="by" text={session.revoked_by} />],
        session.revocation_reason !== null && [
          'Reason given',
          <Inert key="why" text={session.revocation_reason} className="whitespace-pre-line" />,
        ],
      ]}
    />
  )
}

/** When nobody does anything: what is left until then, and a way to say that one is there. */
function Idle({ session }: { session: Session }) {
  const left = secondsLeft(session.idle_at, useNow(1))
  const isSoon = left <= endsSoonSeconds
  const isMine = session.staff_id === useMe().staff.id
  return (
    <span className={clsx('flex flex-wrap items-center gap-2 nums', isSoon && 'text-warn')}>
      in {formatCountdown(left)}, if nobody does anything
      {isMine && isSoon ? <StayButton session={session} /> : null}
    </span>
  )
}

/** What is left, and more of it for whoever opened it. When a limit is reached the server is asked: its clock decides, not this one. */
export function Remaining({ session }: { session: Session }) {
  const isOver = secondsLeft(nearestLimit(session).at, useNow(1)) <= 0
  const isMine = session.staff_id === useMe().staff.id
  useEffect(() => {
    if (isOver) void client.invalidateQueries({ queryKey: ['sessions'] })
  }, [isOver])
  return (
    <p className="flex flex-wrap items-center gap-2 text-base">
      <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} />
      <span className="text-faint text-sm">left, then access ends by itself</span>
      {isMine ? (
        <Button size="small" onClick={() => openOverlay({ kind: 'extend', session })}>
          Extend
        </Button>
      ) : null}
    </p>
  )
}
