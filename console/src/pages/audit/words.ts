import type { Actor, LoggedEvent } from '@countersign/contract/events.ts'

export const actorName = (actor: Actor): string => {
  if (actor.kind === 'staff') return actor.email
  if (actor.kind === 'tenant') return `API key of ${actor.tenant_id}`
  if (actor.kind === 'operator') return `${actor.id} at the host`
  if (actor.kind === 'anonymous') return 'not signed in'
  return `system · ${actor.id}`
}

export const targetName = ({ target }: LoggedEvent): string => (target ? (target.label ?? target.id) : '')

/** The note of a row: what the event says, else why it was done, else the request it speaks of. */
export const noteOf = (event: LoggedEvent): string => {
  if (event.note) return event.note
  if (event.reason) return event.reason
  if (event.request) return `${event.request.method} ${event.request.path}`
  return ''
}
