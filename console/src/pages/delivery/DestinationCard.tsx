import type { DestinationState } from '@countersign/contract/feed.ts'
import { useState } from 'react'
import { useNoConnection } from '../../api/connection.ts'
import { useTestDestination } from '../../api/delivery.ts'
import { useMe } from '../../api/me.ts'
import { DeliveryBadge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Card, Facts } from '../../ui/Card.tsx'
import { formatNumber } from '../../ui/format.ts'
import { FailureNote } from '../../ui/States.tsx'
import { TenantLink } from '../../ui/TenantLink.tsx'
import { Time } from '../../ui/Time.tsx'
import { ReplayDialog } from './ReplayDialog.tsx'
import { contentWords, filterWords, mayDeliver, typeWord } from './words.ts'

export function DestinationCard({ destination }: { destination: DestinationState }) {
  const { name, state, address, tenant_id: tenantId, delivered, delivered_at: deliveredAt, next_index: next, log_size: size } = destination
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <span className="id">{name}</span>
          <span className="font-normal text-soft">{typeWord(destination)}</span>
          <DeliveryBadge state={state} />
        </span>
      }
      aside={<Acts destination={destination} />}
    >
      <div className="flex flex-col gap-3">
        {destination.error ? <Trouble error={destination.error} /> : null}
        <Facts
          facts={[
            [
              'To',
              <span key="to" className="id break-all">
                {address}
              </span>,
            ],
            ['Sent', contentWords(destination)],
            filterWords(destination) !== undefined && [
              'Filter',
              <span key="filter" className="id break-all">
                {filterWords(destination)}
              </span>,
            ],
            tenantId !== undefined && ['Only of', <TenantLink key="tenant" id={tenantId} name={null} className="id" />],
            [
              'Taken',
              <span key="taken" className="nums">
                {formatNumber(delivered)}
                {deliveredAt === null ? (
                  ', none yet'
                ) : (
                  <>
                    , the last <Time at={deliveredAt} />
                  </>
                )}
              </span>,
            ],
            [
              'Place',
              <span key="place" className="nums">
                {formatNumber(next)} of {formatNumber(size)}
                <Lag destination={destination} />
              </span>,
            ],
          ]}
        />
        <Progress part={size === 0 ? 1 : next / size} />
        {destination.parked_count > 0 ? <Parked destination={destination} /> : null}
      </div>
    </Card>
  )
}

function Lag({ destination: { behind, behind_since: since } }: { destination: DestinationState }) {
  if (behind === 0) return <span className="text-faint">, nothing waiting</span>
  return (
    <span className="text-soft">
      , {formatNumber(behind)} behind
      {since === null ? null : (
        <>
          , since <Time at={since} />
        </>
      )}
    </span>
  )
}

/** How much of the log is behind it. */
function Progress({ part }: { part: number }) {
  const percent = Math.floor(part * 100)
  return (
    <svg
      viewBox="0 0 100 1"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${percent} % of the log`}
      className="h-1 w-full rounded-full bg-sunk"
    >
      <rect width={part * 100} height="1" className="fill-accent" />
    </svg>
  )
}

function Trouble({ error: { sentence, at, failures } }: { error: NonNullable<DestinationState['error']> }) {
  return (
    <div role="status" className="rounded-md border border-bad-edge bg-bad-wash px-3 py-2 text-sm">
      <p className="font-medium">Not delivered: {sentence}.</p>
      <p className="text-soft">
        Tried {formatNumber(failures)} {failures === 1 ? 'time' : 'times'}, the last <Time at={at} />. It is tried again by itself; nothing
        is lost.
      </p>
    </div>
  )
}

function Parked({ destination: { parked, parked_count: count } }: { destination: DestinationState }) {
  return (
    <details className="text-sm">
      <summary className="cursor-pointer text-warn">
        {formatNumber(count)} {count === 1 ? 'event is' : 'events are'} parked: the destination refuses {count === 1 ? 'it' : 'them'}, the
        others were delivered
      </summary>
      <ul className="mt-2 divide-y divide-line border-line border-t">
        {parked.map((event) => (
          <li key={event.log_index} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 py-1.5">
            <span className="nums">#{formatNumber(event.log_index)}</span>
            <span className="id break-all text-soft">{event.event_id}</span>
            <span className="text-soft">{event.why}</span>
            <Time at={event.parked_at} className="ml-auto text-faint" />
          </li>
        ))}
      </ul>
    </details>
  )
}

function Acts({ destination }: { destination: DestinationState }) {
  const me = useMe()
  const noConnection = useNoConnection()
  const [isReplaying, setReplaying] = useState(false)
  const test = useTestDestination(destination.name)
  if (!mayDeliver(me)) return null
  return (
    <>
      <Button
        size="small"
        disabled={test.isPending || noConnection !== undefined}
        data-tip={noConnection}
        onClick={() => test.mutate()}
        aria-label={`Test ${destination.name}`}
      >
        {test.isPending ? 'Testing' : 'Test'}
      </Button>
      <Button
        size="small"
        disabled={noConnection !== undefined}
        data-tip={noConnection}
        onClick={() => setReplaying(true)}
        aria-label={`Replay to ${destination.name}`}
      >
        Replay
      </Button>
      {test.data || test.error ? (
        <div className="w-full pb-1.5">
          {test.error ? <FailureNote error={test.error} /> : null}
          {test.data ? (
            <p role="status" className={test.data.ok ? 'text-ok text-sm' : 'text-bad text-sm'}>
              Test: {test.data.sentence}
              {test.data.ok ? ` (${formatNumber(test.data.took_ms)} ms)` : ''}.
            </p>
          ) : null}
        </div>
      ) : null}
      {isReplaying ? <ReplayDialog destination={destination} onClose={() => setReplaying(false)} /> : null}
    </>
  )
}
