import { hash, randomBytes } from 'node:crypto'
import { Committed, type Group, partMembers } from '@countersign/contract/events/members.ts'
import { disclosureJson, reveal } from '@countersign/log/disclosure.ts'

/**
 * A value beside its event. `holder` is what it is kept for: an event, or a support session or a request whose events share it.
 * `value` is JSON text. Whose tenant's it is, row security reads.
 */
export type DisclosureRow = { holder: string; member: string; salt: string; value: string; tenant_id: string | null }

const saltBytes = 16
let pool = Buffer.alloc(0)
let used = 0

/** 128 random bits in base64url. Asking the system for random bytes costs the same for ten as for thousands. */
export const newSalt = (): string => {
  if (used >= pool.length) {
    pool = randomBytes(saltBytes * 512)
    used = 0
  }
  used += saltBytes
  return pool.toString('base64url', used - saltBytes, used)
}

/** The digest that stands in the leaf: what digestOf() of log/disclosure.ts gives, at a fraction of its price. */
export const digestOfRow = ({ salt, member, value }: Pick<DisclosureRow, 'salt' | 'member' | 'value'>): string =>
  hash('sha256', Buffer.from(disclosureJson({ salt, name: member, value })).toString('base64url'), 'base64url')

/** What the leaf holds of an event, and what lies beside it. */
export type Parted = { kept: Record<string, unknown>; digests: Record<string, string>; disclosures: DisclosureRow[] }

/** Parts an event: what is kept, and for what is erasable a digest and its disclosure. What was committed to before needs none. */
export const partEvent = (group: Group, event: object, holder: string, tenantId: string | undefined): Parted => {
  const digests: Record<string, string> = {}
  const disclosures: DisclosureRow[] = []
  const kept = partMembers(group, event as Record<string, unknown>, (member, value) => {
    if (value instanceof Committed) {
      digests[member] = value.digest
      return
    }
    const row = { holder, member, salt: newSalt(), value: JSON.stringify(value), tenant_id: tenantId ?? null }
    digests[member] = digestOfRow(row)
    disclosures.push(row)
  })
  return { kept, digests, disclosures }
}

/** A recorded event, to be said of once more: in place of its erasable values stands that they were committed to. */
export const recommit = <E>(body: string): E => reveal(JSON.parse(body), (_, digest) => new Committed(digest)).event as E
