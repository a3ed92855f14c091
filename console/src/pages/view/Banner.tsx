import type { Session } from '@countersign/contract/sessions.ts'
import { Link } from '@tanstack/react-router'
import clsx from 'clsx'
import { ChevronLeft, CircleX, Eye, PenLine } from 'lucide-react'
import { useState } from 'react'
import { useNow } from '../../api/clock.ts'
import { useNoConnection } from '../../api/connection.ts'
import { useRevokeSession } from '../../api/sessions.ts'
import { paths } from '../../paths.ts'
import { Tag } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Countdown, endsSoonSeconds, secondsLeft } from '../../ui/Countdown.tsx'
import { formatCountdown } from '../../ui/format.ts'
import { Inert, InertLine } from '../../ui/Inert.tsx'
import { Avatar } from '../../ui/Person.tsx'
import { FailureNote } from '../../ui/States.tsx'
import { Ticket } from '../../ui/Ticket.tsx'
import { isChanging } from '../sessions/presets.ts'
import { Scopes } from '../sessions/Scopes.tsx'

/** As whom: the user where there is one, else the tenant. */
export const subjectOf = (session: Session): { who: string; isUser: boolean } =>
  session.target_user_id === null
    ? { who: session.tenant_name ?? session.tenant_id, isUser: false }
    : { who: session.target_user_label ?? session.target_user_id, isUser: true }

/** As whom, why, with what, for how long, and the way out. The page inside has no part in it. */
export function Banner({ session, isOver }: { session: Session; isOver: boolean }) {
  const revoke = useRevokeSession()
  const changes = session.scopes.some(isChanging)
  const noConnection = useNoConnection()
  return (
    <section
      aria-label="Stepped in"
      className={clsx('relative z-10 border-b', changes ? 'border-warn-edge bg-warn-wash' : 'border-accent-edge bg-accent-wash')}
    >
      <div className="flex min-h-11 items-center gap-x-3 px-3 py-1.5 max-sm:gap-x-2">
        <Link
          {...paths.session(session.id)}
          aria-label="Back to the session"
          data-tip="Back to the session"
          className="-ml-1 inline-flex size-7 shrink-0 items-center justify-center rounded-md text-soft pointer-coarse:size-10 hover:text-ink"
        >
          <ChevronLeft aria-hidden="true" className="size-4.5" />
        </Link>
        <Whom session={session} changes={changes} />
        <span className="ml-auto flex shrink-0 items-center gap-3 max-sm:gap-2">
          {isOver ? null : <Idle session={session} />}
          {isOver ? null : <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} />}
          <Button
            kind="danger"
            size="small"
            icon={<CircleX />}
            disabled={isOver || revoke.isPending || noConnection !== undefined}
            data-tip={noConnection}
            onClick={() => revoke.mutate({ id: session.id, reason: undefined })}
          >
            {revoke.isPending ? 'Ending' : 'End now'}
          </Button>
        </span>
      </div>
      <Why session={session} />
      {revoke.error ? (
        <div className="px-3 pb-2">
          <FailureNote error={revoke.error} />
        </div>
      ) : null}
    </section>
  )
}

/** It ends before its time where nobody does anything: said when two minutes are left of that. */
function Idle({ session: { idle_at, expires_at } }: { session: Session }) {
  const left = secondsLeft(idle_at, useNow(1))
  if (left > endsSoonSeconds || Date.parse(idle_at) >= Date.parse(expires_at)) return null
  return (
    <Tag tone="amber" tip="A session ends when nobody does anything in it. Anything you open or send counts.">
      idle, ends in {formatCountdown(left)}
    </Tag>
  )
}

function Whom({ session, changes }: { session: Session; changes: boolean }) {
  const { who, isUser } = subjectOf(session)
  return (
    <span className="flex min-w-0 items-center gap-x-2.5">
      {isUser ? (
        <span className="flex max-sm:hidden">
          <Avatar of={who} kind="user" size={26} />
        </span>
      ) : null}
      <span className="flex min-w-0 flex-col">
        <h1 data-tip={who} data-cut className="min-w-0 truncate font-semibold text-sm leading-4.5">
          <span className="font-normal text-soft max-sm:sr-only">{isUser ? 'You see what ' : 'You are in '}</span>
          <Inert text={who} />
          <span className="font-normal text-soft max-sm:sr-only">{isUser ? ' sees' : ''}</span>
        </h1>
        {isUser ? <InertLine text={session.tenant_name ?? session.tenant_id} className="text-soft text-xs" /> : null}
      </span>
      <span className="max-sm:hidden">
        <May changes={changes} />
      </span>
    </span>
  )
}

function May({ changes }: { changes: boolean }) {
  if (changes)
    return (
      <Tag tone="amber">
        <PenLine aria-hidden="true" className="size-3" /> can change data
      </Tag>
    )
  return (
    <Tag tone="accent">
      <Eye aria-hidden="true" className="size-3" /> read-only
    </Tag>
  )
}

/** One line, and all of it on demand where there is no room. */
function Why({ session }: { session: Session }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <div className={clsx('flex min-w-0 gap-x-4 gap-y-1 px-3 pb-2 pl-11 text-xs max-sm:pl-3', isOpen ? 'flex-wrap' : 'items-center')}>
      <span className="shrink-0 sm:hidden">
        <May changes={session.scopes.some(isChanging)} />
      </span>
      <span className={clsx('min-w-0', isOpen ? 'wrap-anywhere basis-full' : 'truncate')}>
        <span className="text-soft">Why </span>
        <Inert text={session.reason} className="text-ink" />
      </span>
      <span className={clsx('shrink-0', !isOpen && 'max-sm:hidden')}>
        <span className="text-soft">Ticket </span>
        {session.ticket === null ? <span className="text-soft">none</span> : <Ticket id={session.ticket} />}
      </span>
      <span className={clsx('flex min-w-0 items-center gap-1.5', !isOpen && 'max-sm:hidden')}>
        <span className="text-soft">May</span> <Scopes scopes={session.scopes} />
      </span>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="ml-auto min-h-6 shrink-0 text-accent hover:underline sm:hidden"
      >
        {isOpen ? 'Less' : 'More'}
      </button>
    </div>
  )
}
