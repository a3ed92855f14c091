import type { SessionStatus, SessionPage as Sessions } from '@countersign/contract/sessions.ts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import clsx from 'clsx'
import { useCallback } from 'react'
import { useMe } from '../../api/me.ts'
import { sessionCountersQuery } from '../../api/sessions.ts'
import { SessionBadge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Chip } from '../../ui/Chip.tsx'
import { formatNumber, shortId } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { Page } from '../../ui/Page.tsx'
import { Segments } from '../../ui/Segments.tsx'
import { SessionList } from './SessionList.tsx'
import type { SessionsSearch } from './search.ts'

const statuses = ['ACTIVE', 'REVOKED', 'EXPIRED'] as const satisfies readonly SessionStatus[]
const countOf = (counters: Sessions['counters'] | undefined, status: SessionStatus): number | undefined =>
  counters && { ACTIVE: counters.active, REVOKED: counters.revoked, EXPIRED: counters.expired }[status]

export function SessionsPage() {
  const me = useMe()
  const search = useSearch({ from: '/shell/sessions' })
  const navigate = useNavigate({ from: '/sessions' })
  const { data: counters, isError } = useQuery(sessionCountersQuery)
  const set = useCallback(
    (change: SessionsSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true }),
    [navigate],
  )
  const isMine = search.staff_id === me.staff.id
  return (
    <Page title="Sessions">
      <div className="grid grid-cols-3 gap-3">
        {statuses.map((status) => (
          <Counter
            key={status}
            status={status}
            count={isError && !counters ? null : countOf(counters, status)}
            unusable={status === 'ACTIVE' ? (counters?.unusable ?? 0) : 0}
            isChosen={search.status === status}
            onChoose={() => set({ status: search.status === status ? undefined : status })}
          />
        ))}
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Segments<'all' | 'mine'>
          label="Whose sessions"
          value={isMine ? 'mine' : 'all'}
          onChoose={(value) => set({ staff_id: value === 'mine' ? me.staff.id : undefined })}
          options={[
            { value: 'all', label: 'Everybody' },
            { value: 'mine', label: 'Mine' },
          ]}
        />
        {search.status ? (
          <Chip name="Status" onRemove={() => set({ status: undefined })}>
            {search.status}
          </Chip>
        ) : null}
        {search.tenant_id ? (
          <Chip name="Tenant" onRemove={() => set({ tenant_id: undefined })}>
            <Inert text={shortId(search.tenant_id)} />
          </Chip>
        ) : null}
        {search.staff_id && !isMine ? (
          <Chip name="Staff" onRemove={() => set({ staff_id: undefined })}>
            <Inert text={shortId(search.staff_id)} />
          </Chip>
        ) : null}
        {search.status || search.tenant_id || search.staff_id ? (
          <Button kind="quiet" size="small" onClick={() => void navigate({ search: {}, replace: true })}>
            Clear all
          </Button>
        ) : null}
      </div>
      <SessionList filters={search} />
    </Page>
  )
}

function Counter({
  status,
  count,
  unusable,
  isChosen,
  onChoose,
}: {
  status: SessionStatus
  count: number | null | undefined
  /** How many of them are refused at every request. */
  unusable: number
  isChosen: boolean
  onChoose: () => void
}) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onChoose}
      className={clsx(
        'flex items-center justify-between gap-2 rounded-lg border bg-panel px-4 py-2.5 text-left transition-colors max-sm:flex-col max-sm:items-start max-sm:px-3',
        isChosen ? 'border-accent' : 'border-line hover:border-edge',
      )}
    >
      <SessionBadge status={status} />
      {unusable > 0 ? <span className="ml-auto text-warn text-xs max-sm:ml-0">{formatNumber(unusable)} cannot be used</span> : null}
      <span className="font-semibold text-xl nums">
        {count === undefined ? <span className="skeleton block h-6 w-9" /> : count === null ? '–' : formatNumber(count)}
      </span>
    </button>
  )
}
