import type { EventFilters } from '@countersign/contract/events.ts'
import { useState } from 'react'
import { ExportForm } from './ExportForm.tsx'
import { ExportProgress } from './ExportProgress.tsx'

type Props = { filters: EventFilters; onClose: () => void }

/** Asks for an export, then shows how far it is. Closed meanwhile, it is found among the exports of the day. */
export function ExportDialog({ filters, onClose }: Props) {
  const [id, setId] = useState<string | undefined>(undefined)
  if (id !== undefined) return <ExportProgress key={id} id={id} onClose={onClose} onAgain={() => setId(undefined)} />
  return <ExportForm filters={filters} onClose={onClose} onAsked={(made) => setId(made.id)} onOpen={setId} />
}
