import { readZone, type Zone } from './zone.ts'

const numbers = new Intl.NumberFormat('en-GB')
export const formatNumber = (value: number): string => numbers.format(value)

const two = (value: number) => String(value).padStart(2, '0')
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The date's parts in the reader's zone, or in UTC. */
const partsOf = (at: string | number, zone: Zone) => {
  const date = new Date(at)
  if (zone === 'utc')
    return {
      day: date.getUTCDate(),
      month: months[date.getUTCMonth()],
      year: date.getUTCFullYear(),
      time: date.toISOString().slice(11, 19),
    }
  return {
    day: date.getDate(),
    month: months[date.getMonth()],
    year: date.getFullYear(),
    time: `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
  }
}

/** 12 Oct 2026, in the zone that the reader has chosen. */
export const formatDay = (at: string | number, zone = readZone()): string => {
  const { day, month, year } = partsOf(at, zone)
  return `${day} ${month} ${year}`
}

/** 12 Oct, where the year is clear. */
export const formatShortDay = (at: string | number, zone = readZone()): string => {
  const { day, month } = partsOf(at, zone)
  return `${day} ${month}`
}

export const formatTimeOfDay = (at: string | number, zone = readZone()): string => partsOf(at, zone).time

/** 03:12, with its zone: what is read by itself, or told to somebody elsewhere. */
export const formatMinute = (at: string | number, zone = readZone()): string =>
  `${partsOf(at, zone).time.slice(0, 5)} ${zoneName(at, zone)}`.trim()

const zoneName = (at: string | number, zone: Zone): string => {
  if (zone === 'utc') return 'UTC'
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(new Date(at))
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
}

/** The whole instant. */
export const formatInstant = (at: string | number, zone = readZone()): string =>
  `${formatDay(at, zone)}, ${formatTimeOfDay(at, zone)} ${zoneName(at, zone)}`.trim()

/** The instant in both zones, that of the setting first. */
export const formatBoth = (at: string | number): string => {
  const first = readZone()
  const other = first === 'utc' ? 'here' : 'utc'
  return `${formatInstant(at, first)}\n${formatInstant(at, other)}`
}

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** Whether "ago" says more than the date does. */
export const isRecent = (at: string | number, now: number): boolean => Math.abs(now - new Date(at).getTime()) < 30 * day * 1000

/** "12 s ago", "in 4 min", and the date once it is more than a month away. */
export const formatRelative = (at: string | number, now: number): string => {
  const seconds = Math.round((now - new Date(at).getTime()) / 1000)
  const size = Math.abs(seconds)
  if (size < 3) return 'just now'
  if (!isRecent(at, now)) return formatDay(at)
  const amount =
    size < minute
      ? `${size} s`
      : size < hour
        ? `${Math.floor(size / minute)} min`
        : size < day
          ? `${Math.floor(size / hour)} h`
          : `${Math.floor(size / day)} d`
  return seconds > 0 ? `${amount} ago` : `in ${amount}`
}

/** 14:07, or 1:02:03 above an hour. */
export const formatCountdown = (seconds: number): string => {
  const left = Math.max(0, Math.ceil(seconds))
  const clock = `${Math.floor((left % hour) / minute)}:${two(left % minute)}`
  return left >= hour ? `${Math.floor(left / hour)}:${clock.padStart(5, '0')}` : clock
}

/** What is left, as a person says it. */
export const formatLeft = (seconds: number): string => {
  const left = Math.ceil(seconds)
  if (left >= 115) return `${Math.round(left / minute)} minutes`
  return `${left} ${left === 1 ? 'second' : 'seconds'}`
}

/** How long something took: 8 ms, 1.24 s, 2 min 5 s. */
export const formatDuration = (ms: number): string => {
  if (ms < 1) return '<1 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

export const formatBytes = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** Cuts in the middle, where ids differ least. */
export const cutMiddle = (text: string, most: number): string => {
  if (text.length <= most) return text
  const tail = Math.floor((most - 1) / 2)
  return `${text.slice(0, most - 1 - tail)}…${text.slice(-tail)}`
}

/** Our own ids begin with the time: their ends tell them apart. */
export const shortId = (id: string): string => {
  const own = /^([a-z]{3}_)[0-9a-f]{24}([0-9a-f]{8})$/.exec(id)
  return own ? `${own[1]}…${own[2]}` : cutMiddle(id, 24)
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${formatNumber(count)} ${count === 1 ? one : many}`

/** Quotes for a POSIX shell: what is copied into a terminal is data there, whatever it contains. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
