import type { LoggedEvent } from '@countersign/contract/events.ts'
import { Bot, CircleUser, KeySquare, Terminal } from 'lucide-react'
import { ResultWord } from '../../ui/Badge.tsx'
import { ShortId } from '../../ui/IdChip.tsx'
import { Inert, InertLine } from '../../ui/Inert.tsx'
import { Avatar } from '../../ui/Person.tsx'
import type { Column } from '../../ui/Table.tsx'
import { TimeOfDay } from '../../ui/Time.tsx'
import type { Deed } from './deeds.ts'
import { type Actor, actorName, noteOfDeed, targetName } from './words.ts'

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

type NameProps = { deed: Deed; open: (() => void) | undefined; href: string | undefined }

/** The name is the way to the event: a click opens it at the side, a new tab has its address. */
export function EventName({ deed: { head, events }, open, href }: NameProps) {
  const name = (
    <span data-tip={head.action} data-cut className="id block min-w-0 truncate font-medium">
      {head.action}
    </span>
  )
  return (
    <span className="flex min-w-0 items-baseline gap-1.5">
      {href === undefined ? (
        name
      ) : (
        <a
          href={href}
          tabIndex={-1}
          className="min-w-0 hover:underline"
          onClick={(click) => {
            if (click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return
            click.preventDefault()
            open?.()
          }}
        >
          {name}
        </a>
      )}
      {events.length > 1 ? (
        <span data-tip={events.map(({ action }) => action).join('\n')} className="nums shrink-0 text-faint text-xs">
          +{events.length - 1}
          <span className="sr-only"> more in this row</span>
        </span>
      ) : null}
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

/** How a row is opened, and where it lives. */
export type Ways = { open: (deed: Deed) => void; hrefOf: (deed: Deed) => string }

export const columnsFor = ({ open, hrefOf }: Ways): readonly Column<Deed>[] => [
  { id: 'time', header: 'Time', width: '80px', cell: ({ head }) => <TimeOfDay at={head.occurred_at} /> },
  { id: 'admin', header: 'Admin', width: '16%', cell: ({ head }) => <ActorCell actor={head.actor} /> },
  {
    id: 'event',
    header: 'Event',
    width: '296px',
    cell: (deed) => <EventName deed={deed} open={() => open(deed)} href={hrefOf(deed)} />,
  },
  { id: 'target', header: 'Target', width: '15%', from: 'lg', cell: ({ head }) => <TargetCell event={head} /> },
  { id: 'note', header: 'Note', cell: (deed) => <InertLine text={noteOfDeed(deed)} className="text-soft" /> },
  { id: 'result', header: 'Result', width: '76px', cell: ({ head }) => <ResultWord result={head.result} /> },
]

/** Beside an open event, which says the rest: what happened and the note keep their room. */
export const narrowed = (columns: readonly Column<Deed>[]): readonly Column<Deed>[] =>
  columns
    .filter((column) => column.id !== 'target')
    .map((column) => (column.id === 'admin' ? { ...column, width: '20%' } : column.id === 'event' ? { ...column, width: '216px' } : column))

export function PhoneEvent({ deed }: { deed: Deed }) {
  const { head } = deed
  const note = noteOfDeed(deed)
  return (
    <span className="flex min-w-0 flex-col gap-1">
      <span className="flex items-center gap-2">
        <span className="min-w-0 flex-1">
          <EventName deed={deed} open={undefined} href={undefined} />
        </span>
        <ResultWord result={head.result} />
      </span>
      <span className="flex min-w-0 items-center gap-1.5 text-xs">
        <TimeOfDay at={head.occurred_at} />
        <span className="min-w-0 truncate">
          <Inert text={actorName(head.actor)} />
        </span>
      </span>
      <span className="truncate text-faint text-xs">
        {head.target ? (
          <>
            {head.target.kind} <Inert text={targetName(head)} />
            {note ? ' · ' : ''}
          </>
        ) : null}
        <Inert text={note} />
      </span>
    </span>
  )
}
