import type { SessionStatus, SessionPage as Sessions } from '@countersign/contract/sessions.ts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import clsx from 'clsx'
import { useCallback } from 'react'
import { useMe } from '../../api/me.ts'
import { sessionCountersQuery } from '../../api/sessions.ts'
import { SessionBadge } from '../../ui/Badge.tsx'
import { Filters } from '../../ui/Filters.tsx'
import { formatNumber, shortId } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { Page } from '../../ui/Page.tsx'
import { SessionList } from './SessionList.tsx'
import type { SessionsSearch } from './search.ts'

const statuses = ['ACTIVE', 'REVOKED', 'EXPIRED'] as const satisfies readonly SessionStatus[]
const whose = [
  { value: 'any', label: 'Everybody’s' },
  { value: 'mine', label: 'Mine' },
]
const statusOptions = [
  { value: 'any', label: 'Any' },
  ...statuses.map((status) => ({ value: status, label: <SessionBadge status={status} /> })),
]
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
      <Filters
        filters={[
          {
            name: 'Whose',
            value: search.staff_id === undefined ? 'any' : isMine ? 'mine' : search.staff_id,
            options:
              isMine || search.staff_id === undefined ? whose : [...whose, { value: search.staff_id, label: shortId(search.staff_id) }],
            onChoose: (value) => set({ staff_id: value === 'any' ? undefined : value === 'mine' ? me.staff.id : value }),
          },
          {
            name: 'Status',
            value: search.status ?? 'any',
            options: statusOptions,
            onChoose: (value) => set({ status: value === 'any' ? undefined : (value as SessionStatus) }),
          },
          ...(search.tenant_id === undefined
            ? []
            : [
                {
                  name: 'Tenant',
                  value: search.tenant_id,
                  options: [
                    { value: 'any', label: 'Any' },
                    { value: search.tenant_id, label: <Inert text={shortId(search.tenant_id)} /> },
                  ],
                  onChoose: (value: string) => set({ tenant_id: value === 'any' ? undefined : value }),
                },
              ]),
        ]}
        onClear={() => void navigate({ search: {}, replace: true })}
      />
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
