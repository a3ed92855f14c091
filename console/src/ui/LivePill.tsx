import clsx from 'clsx'
import { ArrowUp, Pause } from 'lucide-react'
import { useStaleSince } from '../api/connection.ts'
import type { StreamState } from '../api/stream.ts'
import { plural } from './format.ts'

const stateWords: Record<StreamState, string> = {
  connecting: 'connecting',
  live: 'streaming',
  lost: 'reconnecting',
  refused: 'not live',
}

/** What waits is a new event where nothing else is said. */
type Waits = { waiting: number; onShow: () => void; noun?: string }
type Props = Waits & { state: StreamState; held: boolean; words: string }

/** Whether what is shown is live. It waits while somebody reads, and says how many wait. */
export function LivePill({ state: said, held, words, ...waits }: Props) {
  // A stream takes a while to find out that nobody is there any more: what asks more often knows sooner.
  const state = useStaleSince() !== null && said === 'live' ? 'lost' : said
  if (waits.waiting > 0) return <NewOnes {...waits} />
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

/** The same where it can be seen when the page is scrolled: below the header of the table, over its rows. */
export function FloatingPill({ isScrolled, ...waits }: Waits & { isScrolled: boolean }) {
  if (!isScrolled || waits.waiting === 0) return null
  return (
    <div className="sticky top-11 z-20 flex h-0 justify-center">
      <NewOnes {...waits} isFloating />
    </div>
  )
}

function NewOnes({ waiting, onShow, noun = 'new event', isFloating = false }: Waits & { isFloating?: boolean }) {
  return (
    <button
      type="button"
      onClick={onShow}
      className={clsx(
        'inline-flex h-6 pointer-coarse:h-10 shrink-0 items-center gap-1.5 rounded-full border border-accent-edge bg-accent-wash px-2.5 font-medium text-accent text-xs nums',
        isFloating && 'appear shadow-over',
      )}
    >
      <ArrowUp aria-hidden="true" className="size-3" />
      {plural(waiting, noun)} {waiting === 1 ? 'waits' : 'wait'}
    </button>
  )
}
