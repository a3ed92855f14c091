import type { Actor, LoggedEvent } from '@countersign/contract/events.ts'

export const actorName = (actor: Actor): string => {
  if (actor.kind === 'staff') return actor.email
  if (actor.kind === 'tenant') return `API key of ${actor.tenant_id}`
  if (actor.kind === 'operator') return `${actor.id} at the host`
  if (actor.kind === 'anonymous') return 'not signed in'
  return `system · ${actor.id}`
}

export const targetName = ({ target }: LoggedEvent): string => (target ? (target.label ?? target.id) : '')

/** The note of a row: the ticket, then what the event says, else why it was done, else the request it speaks of. */
export const noteOf = ({ ticket, note, reason, request }: LoggedEvent): string => {
  const words = note ?? reason ?? (request ? `${request.method} ${request.path}` : undefined)
  return [ticket, words].filter((part) => part !== undefined && part !== '').join(' · ')
}
