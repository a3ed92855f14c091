import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { serverNow } from '../../api/clock.ts'
import { Page } from '../../ui/Page.tsx'
import { ExportButton } from '../exports/ExportButton.tsx'
import { AuditFilters } from './AuditFilters.tsx'
import { EventCount } from './EventCount.tsx'
import { EventList } from './EventList.tsx'
import { AuditSearch, toFilters } from './search.ts'
import { Views } from './Views.tsx'

export function AuditPage() {
  const given = useSearch({ from: '/shell/audit' })
  const search = useMemo(() => AuditSearch.parse(given), [given])
  const navigate = useNavigate({ from: '/audit' })
  const set = useCallback(
    (change: AuditSearch) => void navigate({ search: (now) => ({ ...now, event: undefined, ...change }) }),
    [navigate],
  )
  const { event } = search
  // Opened, it is a step of its own, so that Back closes it; the next one and its end take that step's place.
  const open = useCallback(
    (index: number | undefined) =>
      void navigate({ search: (now) => ({ ...now, event: index?.toString() }), replace: index === undefined || event !== undefined }),
    [navigate, event],
  )
  const choose = useCallback((next: AuditSearch) => void navigate({ search: next }), [navigate])
  const { event: _, ...asked } = search
  const key = JSON.stringify(asked)
  // What the page shows is what is counted, and what an export holds.
  const filters = useMemo(() => toFilters(JSON.parse(key) as AuditSearch, serverNow()), [key])
  return (
    <Page
      title="Audit"
      acts={
        <>
          <Views search={search} onChoose={choose} />
          <ExportButton search={asked} />
        </>
      }
    >
      <EventList
        search={search}
        opened={{ index: event === undefined ? undefined : Number(event), onOpen: open }}
        onFilter={set}
        toolbar={
          <AuditFilters
            search={search}
            onSet={set}
            onClear={() => choose({ reads: search.reads })}
            count={<EventCount key={key} filters={filters} />}
          />
        }
      />
    </Page>
  )
}
