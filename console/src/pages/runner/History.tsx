import clsx from 'clsx'
import { Card } from '../../ui/Card.tsx'
import { formatDuration } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { TimeOfDay } from '../../ui/Time.tsx'
import type { Past } from './history.ts'

/** What was sent from here in this session. Choosing one fills it in again. */
export function History({ past, onChoose }: { past: readonly Past[]; onChoose: (past: Past) => void }) {
  if (past.length === 0) return null
  return (
    <Card title="Sent from this tab" flush aside={<span className="text-faint text-xs">without bodies</span>}>
      <ul className="max-h-72 divide-y divide-line overflow-y-auto">
        {past.map((one) => (
          <li key={one.at}>
            <button
              type="button"
              onClick={() => onChoose(one)}
              className="flex min-h-8 w-full min-w-0 items-baseline gap-2.5 px-4 py-1.5 text-left text-xs -outline-offset-2 pointer-coarse:min-h-10 hover:bg-hover"
            >
              <TimeOfDay at={one.at} />
              <span className="id shrink-0 font-medium">{one.method}</span>
              <span data-tip={one.path} data-cut className="id min-w-0 flex-1 truncate">
                <Inert text={one.path} />
              </span>
              <span className="shrink-0 text-faint nums">{formatDuration(one.duration_ms)}</span>
              <span
                className={clsx(
                  'id shrink-0',
                  one.status >= 500 || one.status === 0 ? 'text-bad' : one.status >= 400 ? 'text-warn' : 'text-soft',
                )}
              >
                {one.status || '–'}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  )
}
