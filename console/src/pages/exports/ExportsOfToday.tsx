import type { Export } from '@countersign/contract/exports.ts'
import { useQuery } from '@tanstack/react-query'
import { useNow } from '../../api/clock.ts'
import { exportsQuery } from '../../api/exports.ts'
import { Button } from '../../ui/Button.tsx'
import { formatBytes, formatRelative, plural } from '../../ui/format.ts'
import { useZone } from '../../ui/zone.ts'
import { DownloadLink } from './ExportProgress.tsx'

const stateWords: Record<Export['state'], string> = {
  preparing: 'being prepared',
  ready: 'ready',
  failed: 'not there any more',
  expired: 'expired',
}

/** What one asked for in the last day. Nothing where there is none. */
export function ExportsOfToday({ onOpen }: { onOpen: (id: string) => void }) {
  const { data: made = [] } = useQuery(exportsQuery)
  const now = useNow(5)
  useZone()
  if (made.length === 0) return null
  return (
    <section aria-label="Your exports of the last day" className="flex flex-col gap-2 border-line border-t pt-4">
      <h3 className="font-medium text-sm">Your exports of the last day</h3>
      <ul className="flex flex-col">
        {made.map((each) => (
          <li key={each.id} className="flex min-h-9 items-center gap-3 border-line border-b py-1 text-sm last:border-b-0">
            <span className="min-w-0 flex-1">
              <span className="nums">{plural(each.rows, 'event')}</span>{' '}
              <span className="text-faint text-xs">
                {each.format.toUpperCase()}
                {each.bytes === null ? '' : ` · ${formatBytes(each.bytes)}`} · {formatRelative(each.asked_at, now)}
                {each.state === 'ready' ? '' : ` · ${stateWords[each.state]}`}
              </span>
            </span>
            {each.state === 'ready' ? (
              <DownloadLink made={each} kind="plain" />
            ) : (
              <Button size="small" onClick={() => onOpen(each.id)}>
                See
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
