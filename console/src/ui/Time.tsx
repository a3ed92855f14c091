import { useNow } from '../api/clock.ts'
import { formatInstant, formatRelative, formatTimeOfDay, isRecent } from './format.ts'
import { Inert } from './Inert.tsx'
import { useZone } from './zone.ts'

/** Relative, with the absolute instant on hover. */
export function Time({ at, className }: { at: string; className?: string }) {
  useZone()
  const now = useNow(5)
  return (
    <time dateTime={at} data-tip-at={at} className={`whitespace-nowrap nums ${className ?? ''}`}>
      {formatRelative(at, now)}
    </time>
  )
}

/** The same inside something that has a tip of its own. */
export function Since({ at }: { at: string }) {
  useZone()
  const now = useNow(5)
  return (
    <time dateTime={at} className="whitespace-nowrap nums">
      {formatRelative(at, now)}
    </time>
  )
}

/** HH:MM:SS, for tables of events that have the day as a divider. */
export function TimeOfDay({ at }: { at: string }) {
  useZone()
  return (
    <time dateTime={at} data-tip-at={at} className="whitespace-nowrap text-soft nums">
      {formatTimeOfDay(at)}
    </time>
  )
}

/** The same within a sentence, of an instant that this browser has noted. */
export function Clock({ at }: { at: number }) {
  useZone()
  return <span className="nums">{formatTimeOfDay(at)}</span>
}

/** The absolute instant alone, of what will not happen any more. */
export function At({ at }: { at: string }) {
  useZone()
  return (
    <time dateTime={at} data-tip-at={at} className="nums">
      {formatInstant(at)}
    </time>
  )
}

/** The absolute instant, with how long ago behind it. */
export function Instant({ at }: { at: string }) {
  useZone()
  const now = useNow(5)
  return (
    <time dateTime={at} data-tip-at={at} className="nums">
      {formatInstant(at)} {isRecent(at, now) ? <span className="whitespace-nowrap text-faint">{formatRelative(at, now)}</span> : null}
    </time>
  )
}

/** What the clock of somebody else shows now, where their zone is one that we know. */
export function TimeThere({ zone }: { zone: string }) {
  const now = useNow(5)
  return (
    <span className="nums">
      <Inert text={zone} />
      {clockIn(zone, now) ? <span className="text-faint"> · {clockIn(zone, now)} there</span> : null}
    </span>
  )
}

const clockIn = (timeZone: string, now: number): string | undefined => {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(now)
  } catch {
    return undefined
  }
}
