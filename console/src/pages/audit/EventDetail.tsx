import { only } from '@countersign/contract/choice.ts'
import type { LoggedEvent } from '@countersign/contract/events.ts'
import { Link } from '@tanstack/react-router'
import { ListFilter } from 'lucide-react'
import { type ReactNode, useMemo } from 'react'
import { canReadSessions, canUseConsole, useMe } from '../../api/me.ts'
import { paths } from '../../paths.ts'
import { ResultWord } from '../../ui/Badge.tsx'
import { IconButton } from '../../ui/Button.tsx'
import { Facts } from '../../ui/Card.tsx'
import { Code } from '../../ui/Code.tsx'
import { formatBytes, formatDuration, formatNumber } from '../../ui/format.ts'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { SidePanel } from '../../ui/SidePanel.tsx'
import { Ticket } from '../../ui/Ticket.tsx'
import { Instant, TimeOfDay } from '../../ui/Time.tsx'
import { describeLeaf } from './leaf.ts'
import type { AuditSearch } from './search.ts'
import { VerifyEvent } from './VerifyEvent.tsx'
import { actorName } from './words.ts'

type Props = {
  event: LoggedEvent
  /** All events of the same deed, this one among them. */
  others: readonly LoggedEvent[]
  onOpen: (index: number) => void
  onClose: () => void
  onFilter: (change: AuditSearch) => void
}

/** One event at the side: every field, its place in the log, and the bytes that the log's leaf is the hash of. */
export function EventDetail({ event, others, onOpen, onClose, onFilter }: Props) {
  const { canonical, leaf } = useMemo(() => describeLeaf(event), [event])
  return (
    <SidePanel
      label={`Event ${event.log_index}`}
      title={event.action}
      state={<ResultWord result={event.result} />}
      closeLabel="Close the event"
      onClose={onClose}
    >
      {others.length > 1 ? <Deed event={event} others={others} onOpen={onOpen} /> : null}
      <EventFacts event={event} onFilter={onFilter} />
      {event.erased ? <Erased event={event} /> : null}
      {event.request ? <RequestFacts event={event} request={event.request} onFilter={onFilter} /> : null}
      {event.details ? <Part title="Details">{<Code what="details" text={JSON.stringify(event.details, null, 2)} />}</Part> : null}
      <Part title="Proof">
        <VerifyEvent key={event.id} event={event} />
        <p className="text-faint text-xs">
          The leaf is SHA-256 of a zero byte and the canonical entry below, which has digests where persons are named. It was computed in
          this browser.
        </p>
        <Code what="leaf hash" text={leaf} />
        <Code what="canonical JSON" text={canonical} />
      </Part>
    </SidePanel>
  )
}

/** The row was one deed: each of its events, of which one is shown. */
function Deed({ event, others, onOpen }: Pick<Props, 'event' | 'others' | 'onOpen'>) {
  return (
    <ol aria-label="Events in this row" className="-mx-2 flex flex-col">
      {others.map((each) => (
        <li key={each.id}>
          <button
            type="button"
            aria-current={each.id === event.id ? 'true' : undefined}
            onClick={() => onOpen(each.log_index)}
            className="flex min-h-8 pointer-coarse:min-h-10 w-full items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-hover aria-[current=true]:bg-chosen"
          >
            <TimeOfDay at={each.occurred_at} />
            <span className="id min-w-0 flex-1 truncate">{each.action}</span>
            <ResultWord result={each.result} />
          </button>
        </li>
      ))}
    </ol>
  )
}

/** Which values are not there any more, and by which erasure. The log says that they were, and holds without them. */
function Erased({ event }: { event: LoggedEvent }) {
  const { erased = [], erasure } = event
  return (
    <Part title="Erased">
      <p className="text-faint text-xs">
        {erasure ? (
          <>
            Erased on <Instant at={erasure.at} /> by <Inert text={erasure.by} />.
          </>
        ) : (
          'Missing, and no erasure on the log accounts for it.'
        )}{' '}
        The log still shows that there was a value, and its digest.
      </p>
      <ul className="flex flex-col gap-0.5">
        {erased.map((member) => (
          <li key={member} className="id text-soft">
            {member}
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2 border-line border-t pt-3">
      <h3 className="font-medium text-sm">{title}</h3>
      {children}
    </section>
  )
}

/** A value with the way to everything else that has it. */
function Filterable({ children, label, onFilter }: { children: ReactNode; label: string; onFilter: () => void }) {
  return (
    <span className="flex min-w-0 items-start justify-between gap-1">
      <span className="wrap-anywhere min-w-0">{children}</span>
      <IconButton label={label} icon={<ListFilter />} className="-my-0.5 !size-6 [&_svg]:!size-3.5" onClick={onFilter} />
    </span>
  )
}

function EventFacts({ event, onFilter }: Pick<Props, 'event' | 'onFilter'>) {
  const me = useMe()
  const isConsole = canUseConsole(me)
  const { actor, target, tenant_id: tenantId, session_id: sessionId, ticket } = event
  return (
    <Facts
      facts={[
        ['Time', <Instant key="time" at={event.occurred_at} />],
        [
          'Admin',
          <Filterable key="admin" label="Events of the same actor" onFilter={() => onFilter({ actor_id: only(actor.id) })}>
            <Inert text={actorName(actor)} />
            {actor.kind === 'staff' && actor.name ? <Inert text={actor.name} className="block text-faint text-xs" /> : null}
          </Filterable>,
        ],
        target && [
          'Target',
          <Filterable key="target" label="Events with the same target" onFilter={() => onFilter({ target_id: only(target.id) })}>
            <span className="block text-faint text-xs">{target.kind}</span>
            {target.label ? <Inert text={target.label} className="block" /> : null}
            <IdChip id={target.id} what={`${target.kind} id`} />
          </Filterable>,
        ],
        tenantId !== undefined && [
          'Tenant',
          <Filterable key="tenant" label="Events of the same tenant" onFilter={() => onFilter({ tenant_id: only(tenantId) })}>
            {isConsole ? (
              <Link {...paths.tenant(tenantId)} className="id text-accent hover:underline">
                {tenantId}
              </Link>
            ) : (
              <span className="id">{tenantId}</span>
            )}
          </Filterable>,
        ],
        sessionId !== undefined && [
          'Session',
          <Filterable key="session" label="Events of the same session" onFilter={() => onFilter({ session_id: only(sessionId) })}>
            {canReadSessions(me) ? (
              <Link {...paths.session(sessionId)} className="id break-all text-accent hover:underline">
                {sessionId}
              </Link>
            ) : (
              <span className="id break-all">{sessionId}</span>
            )}
          </Filterable>,
        ],
        ticket !== undefined && [
          'Ticket',
          <Filterable key="ticket" label="Events with the same ticket" onFilter={() => onFilter({ ticket: only(ticket) })}>
            <Ticket id={ticket} />
          </Filterable>,
        ],
        event.reason !== undefined && ['Reason', <Inert key="reason" text={event.reason} className="whitespace-pre-line" />],
        event.note !== undefined && ['Note', <Inert key="note" text={event.note} />],
        event.code !== undefined && [
          'Code',
          <span key="code" className="id">
            {event.code}
          </span>,
        ],
        ['Category', event.category],
        ['Event id', <IdChip key="id" id={event.id} what="event id" whole />],
        [
          'Log index',
          <span key="index" className="nums">
            {formatNumber(event.log_index)}
          </span>,
        ],
      ]}
    />
  )
}

type RequestProps = Pick<Props, 'event' | 'onFilter'> & { request: NonNullable<LoggedEvent['request']> }

function RequestFacts({ event: { session_id }, request, onFilter }: RequestProps) {
  return (
    <Part title="Request">
      <Facts
        facts={[
          [
            'Request',
            <span key="line" className="id break-all">
              {request.method} <Inert text={request.path ?? null} />
            </span>,
          ],
          request.route !== undefined && [
            'Route',
            <span key="route" className="id break-all">
              {request.route}
            </span>,
          ],
          request.scope !== undefined && [
            'Scope',
            <span key="scope" className="id">
              {request.scope}
            </span>,
          ],
          request.status !== undefined && [
            'Status',
            <span key="status" className="nums">
              {request.status}
            </span>,
          ],
          request.duration_ms !== undefined && [
            'Duration',
            <span key="time" className="nums">
              {formatDuration(request.duration_ms)}
            </span>,
          ],
          request.bytes !== undefined && [
            'Size',
            <span key="size" className="nums">
              {formatBytes(request.bytes)}
            </span>,
          ],
          [
            'Request id',
            session_id === undefined ? (
              <IdChip key="id" id={request.id} what="request id" whole />
            ) : (
              <Filterable key="id" label="Every event of this request" onFilter={() => onFilter({ session_id, request_id: request.id })}>
                <IdChip id={request.id} what="request id" whole />
              </Filterable>
            ),
          ],
        ]}
      />
    </Part>
  )
}
