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
  const clear = useCallback(() => void navigate({ search: {} }), [navigate])
  return (
    <Page title="Audit">
      <EventList search={search} onFilter={set} toolbar={<AuditFilters search={search} onSet={set} onClear={clear} />} />
    </Page>
  )
}
