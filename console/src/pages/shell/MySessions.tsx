import type { Session } from '@countersign/contract/sessions.ts'
import type { Me } from '@countersign/contract/staff.ts'
import { Link } from '@tanstack/react-router'
import clsx from 'clsx'
import { useNow } from '../../api/clock.ts'
import { paths } from '../../paths.ts'
import { buttonClass } from '../../ui/Button.tsx'
import { Countdown, endsSoonSeconds, secondsLeft } from '../../ui/Countdown.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { lazyPart } from '../../ui/lazyPart.tsx'
import { PopupNotLoaded } from '../../ui/NotLoaded.tsx'
import { Opener } from '../../ui/Opener.tsx'
import { isAtLeast, useWidth } from '../../ui/width.ts'
import { tellApart } from './tell.ts'
import { nameOf, useMyOpenSessions } from './useMyOpenSessions.ts'

const MySessionsMenu = lazyPart(async () => (await import('./MySessionsMenu.tsx')).MySessionsMenu, PopupNotLoaded)

/** My open sessions, each with what is left of it. */
export function MySessions({ me }: { me: Me }) {
  const open = useMyOpenSessions(me)
  const width = useWidth()
  const most = isAtLeast(width, 'xl') ? 3 : isAtLeast(width, 'lg') ? 1 : 0
  const rest = open.slice(most)
  return (
    <>
      {open.slice(0, most).map((session) => (
        <SessionChip key={session.id} session={session} detail={tellApart(session, open)} />
      ))}
      {rest.length > 0 ? <Rest sessions={rest} isAll={most === 0} /> : null}
    </>
  )
}

function SessionChip({ session, detail }: { session: Session; detail: string | undefined }) {
  const isSoon = secondsLeft(session.expires_at, useNow(1)) <= endsSoonSeconds
  return (
    <Link
      {...paths.session(session.id)}
      data-tip={`My support session on ${nameOf(session)}\n${session.target_user_id ? `user ${session.target_user_label ?? session.target_user_id}\n` : ''}${session.reason ?? ''}`}
      className={clsx(
        'flex h-7 min-w-0 items-center gap-2 rounded-md border px-2 text-sm transition-colors pointer-coarse:h-10',
        isSoon ? 'border-warn-edge bg-warn-wash' : 'border-accent-edge bg-accent-wash hover:border-accent',
      )}
    >
      <span className="max-w-40 truncate">
        <Inert text={nameOf(session)} />
        {detail ? (
          <span className="text-soft">
            {' '}
            · <Inert text={detail} />
          </span>
        ) : null}
      </span>
      <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} />
    </Link>
  )
}

function Rest({ sessions, isAll }: { sessions: readonly Session[]; isAll: boolean }) {
  const now = useNow(1)
  const nearest = sessions[0]
  const isSoon = nearest !== undefined && secondsLeft(nearest.expires_at, now) <= endsSoonSeconds
  return (
    <Opener
      popup="menu"
      className={clsx(
        buttonClass('plain', 'small'),
        isSoon ? '!border-warn-edge !bg-warn-wash' : '!border-accent-edge !bg-accent-wash',
        'nums',
      )}
      popped={(opened) => <MySessionsMenu {...opened} sessions={sessions} />}
    >
      <span className="sr-only">My sessions: </span>
      {isAll && nearest ? (
        <>
          <Countdown issuedAt={nearest.issued_at} expiresAt={nearest.expires_at} />
          {sessions.length > 1 ? <span>+{sessions.length - 1}</span> : null}
        </>
      ) : (
        `+${sessions.length}`
      )}
    </Opener>
  )
}
