import type { LoggedEvent } from '@countersign/contract/events.ts'
import { Bot, CircleUser, KeySquare, Terminal } from 'lucide-react'
import { ResultWord } from '../../ui/Badge.tsx'
import { ShortId } from '../../ui/IdChip.tsx'
import { Inert, InertLine } from '../../ui/Inert.tsx'
import { Avatar } from '../../ui/Person.tsx'
import type { Column } from '../../ui/Table.tsx'
import { TimeOfDay } from '../../ui/Time.tsx'
import { type Actor, actorName, noteOf, targetName } from './words.ts'

const icons = { tenant: KeySquare, ingest: KeySquare, operator: Terminal, anonymous: CircleUser, system: Bot } as const

export function ActorMark({ actor }: { actor: Actor }) {
  if (actor.kind === 'staff') return <Avatar of={actor.name || actorName(actor)} kind="staff" />
  const Icon = icons[actor.kind]
  return <Icon aria-hidden="true" className="size-4 shrink-0 text-faint" strokeWidth={1.75} />
}

function ActorCell({ actor }: { actor: Actor }) {
  const name = actorName(actor)
  return (
    <span data-tip={actor.kind === 'staff' && actor.name ? `${name}\n${actor.name}` : name} className="flex min-w-0 items-center gap-2">
      <ActorMark actor={actor} />
      <span className={`truncate ${actor.kind === 'staff' ? '' : 'text-soft'}`}>
        <Inert text={name} />
      </span>
    </span>
  )
}

export function EventName({ action }: { action: string }) {
  return (
    <span data-tip={action} data-cut className="id block truncate font-medium">
      {action}
    </span>
  )
}

function TargetCell({ event }: { event: LoggedEvent }) {
  if (!event.target) return <span className="text-faint">–</span>
  return (
    <span className="flex min-w-0 items-baseline gap-1.5">
      <span className="shrink-0 text-faint text-xs">{event.target.kind}</span>
      {event.target.label ? <InertLine text={event.target.label} /> : <ShortId id={event.target.id} className="text-soft" />}
    </span>
  )
}

export const columns: readonly Column<LoggedEvent>[] = [
  { id: 'time', header: 'Time', width: '80px', cell: (event) => <TimeOfDay at={event.occurred_at} /> },
  { id: 'admin', header: 'Admin', width: '18%', cell: (event) => <ActorCell actor={event.actor} /> },
  { id: 'event', header: 'Event', width: '216px', cell: (event) => <EventName action={event.action} /> },
  { id: 'target', header: 'Target', width: '17%', from: 'lg', cell: (event) => <TargetCell event={event} /> },
  { id: 'note', header: 'Note', cell: (event) => <InertLine text={noteOf(event)} className="text-soft" /> },
  { id: 'result', header: 'Result', width: '76px', cell: (event) => <ResultWord result={event.result} /> },
]

/** Beside an open event, which says the rest: what happened and the note keep their room. */
export const narrowColumns: readonly Column<LoggedEvent>[] = columns
  .filter((column) => column.id !== 'target')
  .map((column) => (column.id === 'admin' ? { ...column, width: '20%' } : column))

export function PhoneEvent({ event }: { event: LoggedEvent }) {
  return (
    <span className="flex min-w-0 flex-col gap-1">
      <span className="flex items-center gap-2">
        <span className="min-w-0 flex-1">
          <EventName action={event.action} />
        </span>
        <ResultWord result={event.result} />
      </span>
      <span className="flex min-w-0 items-center gap-1.5 text-xs">
        <TimeOfDay at={event.occurred_at} />
        <span className="min-w-0 truncate">
          <Inert text={actorName(event.actor)} />
        </span>
      </span>
      <span className="truncate text-faint text-xs">
        {event.target ? (
          <>
            {event.target.kind} <Inert text={targetName(event)} />
            {noteOf(event) ? ' · ' : ''}
          </>
        ) : null}
        <Inert text={noteOf(event)} />
      </span>
    </span>
  )
}
