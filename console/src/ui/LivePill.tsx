import clsx from 'clsx'
import { ArrowUp, Pause } from 'lucide-react'
import type { StreamState } from '../api/stream.ts'
import { plural } from './format.ts'

type Props = { state: StreamState; held: boolean; waiting: number; onShow: () => void; words: string }
const stateWords: Record<StreamState, string> = {
  connecting: 'connecting',
  live: 'streaming',
  lost: 'reconnecting',
  refused: 'not live',
}

/** Whether what is shown is live. It waits while somebody reads, and says how many wait. */
export function LivePill({ state, held, waiting, onShow, words }: Props) {
  if (waiting > 0)
    return (
      <button
        type="button"
        onClick={onShow}
        className="inline-flex h-6 items-center gap-1.5 rounded-full border border-accent-edge bg-accent-wash px-2.5 font-medium text-accent text-xs nums"
      >
        <ArrowUp aria-hidden="true" className="size-3" />
        {plural(waiting, 'new event')} {waiting === 1 ? 'waits' : 'wait'}
      </button>
    )
  const isPaused = held && state === 'live'
  return (
    <span role="status" className="inline-flex h-6 items-center gap-1.5 rounded-full border border-line px-2.5 text-soft text-xs">
      {isPaused ? (
        <Pause aria-hidden="true" className="size-2.5 text-faint" />
      ) : (
        <span
          aria-hidden="true"
          className={clsx('size-1.5 rounded-full', state === 'live' ? 'bg-ok' : state === 'refused' ? 'bg-bad' : 'bg-warn')}
        />
      )}
      {isPaused ? 'paused while you read' : stateWords[state]} {words}
    </span>
  )
}
