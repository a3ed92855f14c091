import type { TenantHealthRow } from '@countersign/contract/health.ts'
import { Link } from '@tanstack/react-router'
import clsx from 'clsx'
import { Eye, KeyRound } from 'lucide-react'
import { useNoConnection } from '../../api/connection.ts'
import { paths } from '../../paths.ts'
import { HealthBadge, Lifecycle } from '../../ui/Badge.tsx'
import { Sparkline } from '../../ui/Bars.tsx'
import { formatNumber } from '../../ui/format.ts'
import { ShortId } from '../../ui/IdChip.tsx'
import { Inert, InertLine, inertLine } from '../../ui/Inert.tsx'
import { openOverlay } from '../../ui/overlay.ts'
import type { Column } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { isAtLeast, useWidth, type Width } from '../../ui/width.ts'
import { formatRate } from './rate.ts'

type Row = TenantHealthRow

/** Whether there is room for the names of the acts. */
const hasWords = (width: Width): boolean => isAtLeast(width, 'lg')

function Name({ row: { tenant } }: { row: Row }) {
  return (
    <span className="flex min-w-0 flex-col leading-4.5">
      <Link {...paths.tenant(tenant.id)} data-tip={tenant.name} data-cut className="min-w-0 font-medium hover:text-accent">
        <Inert text={tenant.name} className={inertLine} />
      </Link>
      <ShortId id={tenant.id} className="max-w-full text-faint" />
    </span>
  )
}

/** The badge, and the first cause in words; all causes on hover. */
export function HealthCell({ health }: { health: Row['health'] }) {
  const [first] = health.causes
  return (
    <span data-tip={health.causes.map(({ sentence }) => sentence).join('\n')} className="flex min-w-0 flex-col items-start gap-0.5">
      <HealthBadge status={health.status} />
      <span className="block w-full truncate text-faint text-xs">{first?.sentence}</span>
    </span>
  )
}

/** Where no call was ever known, none is not 0. */
export function Calls({ of: { calls_24h, last_call_at } }: { of: Row['traffic'] }) {
  return last_call_at === null && calls_24h === 0 ? (
    <Unknown why="No call of this tenant is known" />
  ) : (
    <span className="nums">{formatNumber(calls_24h)}</span>
  )
}

function Unknown({ why }: { why: string }) {
  return (
    <span data-tip={why} className="text-faint nums">
      <span aria-hidden="true">—</span>
      <span className="sr-only">unknown</span>
    </span>
  )
}

const unknown = <span className="text-faint">unknown</span>

export function Rate({ of }: { of: number | null }) {
  return of === null ? <Unknown why="Too few calls in the last 24 hours for a rate" /> : <span className="nums">{formatRate(of)}</span>
}

export const columns: readonly Column<Row>[] = [
  { id: 'name', header: 'Tenant', sorts: true, cell: (row) => <Name row={row} /> },
  {
    id: 'status',
    header: 'Status',
    width: '118px',
    sorts: [
      { id: 'status', header: 'Status' },
      { id: 'plan', header: 'Plan' },
    ],
    cell: ({ tenant }) => (
      <span className="flex min-w-0 flex-col leading-4.5">
        <Lifecycle status={tenant.status} />
        {tenant.plan === null ? (
          <span className="text-faint text-xs">plan unknown</span>
        ) : (
          <InertLine text={tenant.plan} className="text-faint text-xs" />
        )}
      </span>
    ),
  },
  {
    id: 'health',
    header: 'Health',
    width: '18%',
    sorts: [{ id: 'worst', header: 'Health' }],
    cell: ({ health }) => <HealthCell health={health} />,
  },
  {
    id: 'calls',
    header: 'Calls 24 h',
    width: '88px',
    end: true,
    sorts: [{ id: 'calls', header: 'Calls 24 h', first: 'desc' }],
    cell: ({ traffic, hours }) => (
      <span className="flex flex-col items-end gap-0.5">
        <span className="leading-4">
          <Calls of={traffic} />
        </span>
        <Sparkline values={hours} />
      </span>
    ),
  },
  {
    id: 'error_rate',
    header: 'Errors',
    width: '72px',
    end: true,
    sorts: [{ id: 'error_rate', header: 'Errors', first: 'desc' }],
    cell: ({ traffic }) => <Rate of={traffic.error_rate} />,
  },
  {
    id: 'last_call_at',
    header: 'Last seen',
    width: '88px',
    from: 'lg',
    end: true,
    sorts: [{ id: 'last_call_at', header: 'Last seen', first: 'desc' }],
    cell: ({ traffic }) => (traffic.last_call_at ? <Time at={traffic.last_call_at} className="text-soft" /> : unknown),
  },
  { id: 'acts', header: '', width: (at) => (hasWords(at) ? '230px' : '84px'), end: true, cell: ({ tenant }) => <Acts tenant={tenant} /> },
]

/** Quiet until the row is looked at; its name stands below its icon, so that the tenants' names keep their room. */
const act = (hasName: boolean) =>
  clsx(
    'inline-flex shrink-0 select-none items-center justify-center rounded-md border border-line text-soft transition-colors',
    'not-disabled:hover:border-edge not-disabled:hover:bg-sunk not-disabled:hover:text-ink disabled:text-faint [&_svg]:size-3.5 pointer-coarse:min-h-10 pointer-coarse:min-w-10',
    hasName ? 'h-10 flex-col gap-0.5 px-1 text-[11px] leading-3.5 tracking-tight' : 'size-7 pointer-coarse:size-10',
  )

/** Both of them, always: with their names where there is room, as icons with the same names where there is not. */
export function Acts({ tenant }: Pick<Row, 'tenant'>) {
  const why = useNoConnection()
  const hasNames = hasWords(useWidth())
  return (
    <span className="flex shrink-0 justify-end gap-1">
      <Link
        {...paths.tenant(tenant.id)}
        aria-label={`View Details of ${tenant.name}`}
        data-tip={hasNames ? undefined : 'View Details'}
        className={act(hasNames)}
      >
        <Eye aria-hidden="true" />
        {hasNames ? <span>View Details</span> : null}
      </Link>
      <button
        type="button"
        className={act(hasNames)}
        aria-label={`Create Support Session on ${tenant.name}`}
        disabled={why !== undefined}
        data-tip={why ?? (hasNames ? undefined : 'Create Support Session')}
        onClick={() => openOverlay({ kind: 'create', tenant })}
      >
        <KeyRound aria-hidden="true" />
        {hasNames ? <span>Create Support Session</span> : null}
      </button>
    </span>
  )
}

export const phoneHeight = 104

export function PhoneRow({ row: { tenant, health, traffic } }: { row: Row }) {
  return (
    <span className="flex min-w-0 flex-col gap-1">
      <span className="flex items-center gap-2">
        <Link {...paths.tenant(tenant.id)} className="min-w-0 flex-1 font-medium text-base">
          <Inert text={tenant.name} className={inertLine} />
        </Link>
        <Acts tenant={tenant} />
      </span>
      <span className="flex min-w-0 items-center gap-2 text-xs">
        <HealthBadge status={health.status} />
        <span className="min-w-0 truncate text-soft">{health.causes[0]?.sentence}</span>
      </span>
      <span className="flex min-w-0 items-center gap-2 overflow-hidden whitespace-nowrap text-faint text-xs nums">
        <span className="text-soft">
          <Calls of={traffic} /> calls · <Rate of={traffic.error_rate} />
        </span>
        <Lifecycle status={tenant.status} />
        {tenant.plan ? <Inert text={tenant.plan} className="truncate" /> : null}
        <ShortId id={tenant.id} className="min-w-0" />
      </span>
    </span>
  )
}
