import type { EventFilters } from '@countersign/contract/events.ts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { countQuery } from '../../api/events.ts'
import { Button } from '../../ui/Button.tsx'
import { formatNumber, plural } from '../../ui/format.ts'

/** How many events fit: about, where they are many, and exactly when somebody wants to know. */
export function EventCount({ filters }: { filters: EventFilters }) {
  const [isExact, setExact] = useState(false)
  const { data, isFetching, error } = useQuery(countQuery(filters, isExact))
  if (error) return <span>The matching events could not be counted.</span>
  if (!data) return <span className="text-faint">counting …</span>
  return (
    <span className="flex items-center gap-1">
      <span className="nums" data-count={data.is_exact ? 'exact' : 'about'}>
        {data.is_exact ? plural(data.count, 'event') : `about ${formatNumber(data.count)} events`}
      </span>
      {data.is_exact ? null : (
        <Button kind="quiet" size="small" disabled={isFetching} onClick={() => setExact(true)}>
          {isFetching ? 'Counting …' : 'Count exactly'}
        </Button>
      )}
    </span>
  )
}
