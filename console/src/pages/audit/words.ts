import type { LoggedEvent } from '@countersign/contract/events.ts'
import { formatBytes, formatDuration, plural } from '../../ui/format.ts'
import type { Deed } from './deeds.ts'

export type Actor = LoggedEvent['actor']

/** Whose e-mail address was erased goes by their id. */
export const actorName = (actor: Actor): string => {
  if (actor.kind === 'staff') return actor.email ?? actor.id
  if (actor.kind === 'tenant') return `API key of ${actor.tenant_id}`
  if (actor.kind === 'ingest') return `ingest key ${actor.id}`
  if (actor.kind === 'operator') return `${actor.id} at the host`
  if (actor.kind === 'anonymous') return 'not signed in'
  return `system · ${actor.id}`
}

export const targetName = ({ target }: LoggedEvent): string => (target ? (target.label ?? target.id) : '')

const requestWords = ({ method, path, route, status, duration_ms }: NonNullable<LoggedEvent['request']>): string =>
  [
    `${method} ${path ?? route ?? ''}`,
    status === undefined ? undefined : String(status),
    duration_ms === undefined ? undefined : formatDuration(duration_ms),
  ]
    .filter((part) => part !== undefined)
    .join(' · ')

const filesWords = (event: LoggedEvent): string | undefined => {
  if (event.action !== 'SUPPORT_SESSION.ASSET.LOADED') return undefined
  const { bytes = 0, duration_ms } = event.request
  const words = [plural(event.details.count, 'static file'), formatBytes(bytes)]
  return (duration_ms === undefined ? words : [...words, formatDuration(duration_ms)]).join(' · ')
}

/** What was searched for, and how many were shown. */
const searchWords = (event: LoggedEvent): string | undefined => {
  if (event.action === 'USER.FOUND') return `${plural(event.details.count, 'user')} shown`
  if (event.action !== 'USER.SEARCHED') return undefined
  const { query, count } = event.details ?? {}
  return [query === undefined ? 'erased' : `“${query}”`, count === undefined ? undefined : `${plural(count, 'user')} found`]
    .filter((part) => part !== undefined)
    .join(' · ')
}

/** The note of a row: the ticket, then what the event says, else why it was done, else the search or the request it speaks of. */
export const noteOf = (event: LoggedEvent): string => {
  const { ticket, note, reason, request } = event
  const words = note ?? reason ?? searchWords(event) ?? filesWords(event) ?? (request ? requestWords(request) : undefined)
  return [ticket, words].filter((part) => part !== undefined && part !== '').join(' · ')
}

/** A row says what its events say together: a path stands in the admission alone, where it was erased later or not. */
export const noteOfDeed = ({ head, events }: Deed): string => noteOf(head) || noteOf(events[0] ?? head)
