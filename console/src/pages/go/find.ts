import type { FoundUser } from '@countersign/contract/users.ts'

/** The one user that is meant: by the whole address or the id. A name, or the start of an address, means nobody in particular. */
export const findMeant = (found: readonly FoundUser[], named: string): FoundUser | undefined => {
  const address = named.toLowerCase()
  const meant = found.filter(({ id, email }) => id === named || email.toLowerCase() === address)
  return meant.length === 1 ? meant[0] : undefined
}
