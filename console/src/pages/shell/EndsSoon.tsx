import type { Session } from '@countersign/contract/sessions.ts'
import { Link } from '@tanstack/react-router'
import { Timer } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useNow } from '../../api/clock.ts'
import { useMe } from '../../api/me.ts'
import { paths } from '../../paths.ts'
import { endsSoonSeconds, secondsLeft } from '../../ui/Countdown.tsx'
import { formatCountdown, formatLeft } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { nearestLimit } from '../sessions/limits.ts'
import { StayButton } from '../sessions/StayButton.tsx'
import { nameOf, useMyOpenSessions } from './useMyOpenSessions.ts'

const whyOf = (session: Session): string => (nearestLimit(session).by === 'idle' ? ', because it is idle' : '')

/** My sessions of which two minutes or less are left, by either limit. It is said once; the line counts down in silence. */
export function EndsSoon() {
  const open = useMyOpenSessions(useMe())
  const now = useNow(1)
  const left = (session: Session) => secondsLeft(nearestLimit(session).at, now)
  const soon = open.filter((session) => left(session) <= endsSoonSeconds)
  const said = useRef(new Set<string>())
  const [words, setWords] = useState('')
  useEffect(() => {
    // Each limit is one to be told of: who stays is told again, the next time.
    const keyOf = (session: Session) => `${session.id} ${nearestLimit(session).at}`
    const fresh = soon.filter((session) => !said.current.has(keyOf(session)))
    if (fresh.length === 0) return
    for (const session of fresh) said.current.add(keyOf(session))
    setWords(
      fresh
        .map(
          (session) =>
            `Your support session on ${nameOf(session)} ends in ${formatLeft(secondsLeft(nearestLimit(session).at, now))}${whyOf(session)}.`,
        )
        .join(' '),
    )
  }, [soon, now])
  const first = soon[0]
  return (
    <>
      <span role="status" className="sr-only">
        {words}
      </span>
      {first ? (
        <div className="flex shrink-0 items-center justify-center gap-2 border-warn-edge border-b bg-warn-wash px-4 py-1 font-medium text-warn text-xs nums">
          <Timer aria-hidden="true" className="size-3.5 shrink-0" />
          <Link {...paths.session(first.id)} className="flex min-h-6 min-w-0 items-center gap-1 hover:underline">
            <span className="shrink-0 max-sm:sr-only">Your support session on</span>
            <span className="min-w-0 truncate">
              <Inert text={nameOf(first)} />
            </span>
            <span className="shrink-0">
              ends in {formatCountdown(left(first))}
              <span className="max-sm:sr-only">{whyOf(first)}</span>
            </span>
          </Link>
          {nearestLimit(first).by === 'idle' ? <StayButton session={first} /> : null}
          {soon.length > 1 ? <span className="shrink-0">and {soon.length - 1} more</span> : null}
        </div>
      ) : null}
    </>
  )
}
