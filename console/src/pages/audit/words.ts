import type { LoggedEvent } from '@countersign/contract/events.ts'

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

/** The note of a row: the ticket, then what the event says, else why it was done, else the request it speaks of. */
export const noteOf = ({ ticket, note, reason, request }: LoggedEvent): string => {
  const words = note ?? reason ?? (request ? `${request.method} ${request.path ?? request.route ?? ''}` : undefined)
  return [ticket, words].filter((part) => part !== undefined && part !== '').join(' · ')
}
