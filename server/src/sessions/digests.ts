import { Committed } from '@countersign/contract/events/members.ts'

/**
 * What the event of its opening committed a session to, by member: who opened it, whom it is on, why and on which ticket. Its later
 * events commit to the same values, which lie in the database once, and in no event.
 */
export type Digests = Readonly<Record<string, string>>

/** Stands in a later event for a value of the session, where there is one. */
export const committedTo = (digests: Digests, member: string): Committed | undefined => {
  const digest = digests[member]
  return digest === undefined ? undefined : new Committed(digest)
}
