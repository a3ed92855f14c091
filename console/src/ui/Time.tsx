import { useNow } from '../api/clock.ts'
import { formatLocal, formatRelative, formatTimeOfDay, isRecent } from './format.ts'

/** Relative, with the absolute instant on hover. */
export function Time({ at, className }: { at: string; className?: string }) {
  const now = useNow(5)
  return (
    <time dateTime={at} data-tip-at={at} className={`whitespace-nowrap nums ${className ?? ''}`}>
      {formatRelative(at, now)}
    </time>
  )
}

/** The same inside something that has a tip of its own. */
export function Since({ at }: { at: string }) {
  const now = useNow(5)
  return (
    <time dateTime={at} className="whitespace-nowrap nums">
      {formatRelative(at, now)}
    </time>
  )
}

/** HH:MM:SS, for tables of events that have the day as a divider. */
export function TimeOfDay({ at }: { at: string }) {
  return (
    <time dateTime={at} data-tip-at={at} className="whitespace-nowrap text-soft nums">
      {formatTimeOfDay(at)}
    </time>
  )
}

/** The absolute instant alone, of what will not happen any more. */
export function At({ at }: { at: string }) {
  return (
    <time dateTime={at} data-tip-at={at} className="nums">
      {formatLocal(at)}
    </time>
  )
}

/** The absolute instant, with how long ago behind it. */
export function Instant({ at }: { at: string }) {
  const now = useNow(5)
  return (
    <time dateTime={at} data-tip-at={at} className="nums">
      {formatLocal(at)} {isRecent(at, now) ? <span className="whitespace-nowrap text-faint">{formatRelative(at, now)}</span> : null}
    </time>
  )
}
