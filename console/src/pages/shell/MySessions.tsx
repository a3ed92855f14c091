import type { Session } from '@countersign/contract/sessions.ts'
import type { Me } from '@countersign/contract/staff.ts'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import clsx from 'clsx'
import { useEffect, useRef, useState } from 'react'
import { client } from '../../api/client.ts'
import { useNow } from '../../api/clock.ts'
import { mySessionsQuery } from '../../api/sessions.ts'
import { paths } from '../../paths.ts'
import { buttonClass } from '../../ui/Button.tsx'
import { Countdown, endsSoonSeconds, secondsLeft } from '../../ui/Countdown.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { Menu, MenuItem } from '../../ui/Menu.tsx'
import { isAtLeast, useWidth } from '../../ui/width.ts'

const nameOf = (session: Session) => session.tenant_name ?? session.tenant_id

/** My open sessions, each with what is left of it. */
export function MySessions({ me }: { me: Me }) {
  const { data: sessions = [] } = useQuery(mySessionsQuery(me.staff.id))
  const open = useStillOpen(sessions)
  const width = useWidth()
  const most = isAtLeast(width, 'xl') ? 3 : isAtLeast(width, 'lg') ? 1 : 0
  const rest = open.slice(most)
  return (
    <>
      <EndsSoon sessions={open} />
      {open.slice(0, most).map((session) => (
        <SessionChip key={session.id} session={session} />
      ))}
      {rest.length > 0 ? <Rest sessions={rest} isAll={most === 0} /> : null}
    </>
  )
}

/** Without those that ran out since the list was read; the list is read again then. */
const useStillOpen = (sessions: readonly Session[]) => {
  const now = useNow(1)
  const open = sessions.filter((session) => secondsLeft(session.expires_at, now) > 0)
  const hasEnded = open.length < sessions.length
  useEffect(() => {
    if (hasEnded) void client.invalidateQueries({ queryKey: ['sessions'] })
  }, [hasEnded])
  return open
}

function SessionChip({ session }: { session: Session }) {
  const isSoon = secondsLeft(session.expires_at, useNow(1)) <= endsSoonSeconds
  return (
    <Link
      {...paths.session(session.id)}
      data-tip={`My support session on ${nameOf(session)}\n${session.reason}`}
      className={clsx(
        'flex h-7 min-w-0 items-center gap-2 rounded-md border px-2 text-sm transition-colors',
        isSoon ? 'border-warn-edge bg-warn-wash' : 'border-accent-edge bg-accent-wash hover:border-accent',
      )}
    >
      <span className="max-w-32 truncate">
        <Inert text={nameOf(session)} />
      </span>
      <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} />
    </Link>
  )
}

function Rest({ sessions, isAll }: { sessions: readonly Session[]; isAll: boolean }) {
  const navigate = useNavigate()
  return (
    <Menu
      align="end"
      trigger={
        <button type="button" className={clsx(buttonClass('plain', 'small'), '!border-accent-edge !bg-accent-wash nums')}>
          <span className="sr-only">My sessions: </span>
          {isAll ? `${sessions.length} open` : `+${sessions.length}`}
        </button>
      }
    >
      {sessions.map((session) => (
        <MenuItem key={session.id} onSelect={() => void navigate(paths.session(session.id))}>
          <span className="min-w-0 flex-1 truncate">
            <Inert text={nameOf(session)} />
          </span>
          <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} />
        </MenuItem>
      ))}
    </Menu>
  )
}

/** Says once, when two minutes are left. */
function EndsSoon({ sessions }: { sessions: readonly Session[] }) {
  const now = useNow(1)
  const said = useRef(new Set<string>())
  const [words, setWords] = useState('')
  useEffect(() => {
    for (const session of sessions) {
      if (said.current.has(session.id) || secondsLeft(session.expires_at, now) > endsSoonSeconds) continue
      said.current.add(session.id)
      setWords(`Your support session on ${nameOf(session)} ends in two minutes.`)
    }
  }, [sessions, now])
  return (
    <span role="status" className="sr-only">
      {words}
    </span>
  )
}
