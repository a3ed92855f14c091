import type { EventFilters } from '@countersign/contract/events.ts'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { serverNow } from '../../api/clock.ts'
import { Button } from '../../ui/Button.tsx'
import { type AuditSearch, toFilters } from '../audit/search.ts'
import { ExportDialog } from './ExportDialog.tsx'

/** Takes away exactly the events that a list shows: a span of time begins where it begins when this is asked. */
export function ExportButton({ search }: { search: AuditSearch }) {
  const [asked, setAsked] = useState<EventFilters | undefined>(undefined)
  return (
    <>
      <Button icon={<Download aria-hidden="true" />} onClick={() => setAsked(toFilters(search, serverNow()))}>
        Export
      </Button>
      {asked ? <ExportDialog filters={asked} onClose={() => setAsked(undefined)} /> : null}
    </>
  )
}
