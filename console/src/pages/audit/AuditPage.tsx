import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { Page } from '../../ui/Page.tsx'
import { AuditFilters } from './AuditFilters.tsx'
import { EventList } from './EventList.tsx'
import type { AuditSearch } from './search.ts'

export function AuditPage() {
  const search = useSearch({ from: '/shell/audit' })
  const navigate = useNavigate({ from: '/audit' })
  const set = useCallback((change: AuditSearch) => void navigate({ search: (now) => ({ ...now, ...change }) }), [navigate])
  const { event } = search
  // Opened, it is a step of its own, so that Back closes it; the next one and its end take that step's place.
  const open = useCallback(
    (index: number | undefined) =>
      void navigate({ search: (now) => ({ ...now, event: index?.toString() }), replace: index === undefined || event !== undefined }),
    [navigate, event],
  )
  const clear = useCallback(() => void navigate({ search: {} }), [navigate])
  return (
    <Page title="Audit">
      <EventList
        search={search}
        opened={{ index: event === undefined ? undefined : Number(event), onOpen: open }}
        onFilter={set}
        toolbar={<AuditFilters search={search} onSet={set} onClear={clear} />}
      />
    </Page>
  )
}
