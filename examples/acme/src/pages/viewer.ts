import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Acme } from '../acme.ts'
import type { Caller } from '../api/caller.ts'
import { addressesOf } from '../auth/addresses.ts'
import { ensureCsrf, readCookie, themeCookie } from './cookies.ts'

/** Whoever looks at a page: a person, or support in a person's place or in an organisation's. */
export type Viewer = {
  caller: Caller
  tenant: { id: string; name: string; plan: string | null }
  person: { id: string; name: string; email: string; role: string; hasTotp: boolean } | undefined
  unread: number
  csrf: string
  theme: string | undefined
  /** Where they have opened the product. */
  address: string
}

export async function loadViewer(acme: Acme, caller: Caller, request: FastifyRequest, reply: FastifyReply): Promise<Viewer> {
  const { db } = acme.database
  const tenant = await db
    .selectFrom('organization')
    .select(['id', 'name', 'plan'])
    .where('id', '=', caller.tenantId)
    .executeTakeFirstOrThrow()
  const person =
    caller.userId === undefined
      ? undefined
      : await db
          .selectFrom('user')
          .innerJoin('member', 'member.userId', 'user.id')
          .select(['user.id', 'user.name', 'user.email', 'member.role', 'user.twoFactorEnabled'])
          .where('user.id', '=', caller.userId)
          .executeTakeFirst()
  let unread = db
    .selectFrom('notifications')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('tenant_id', '=', tenant.id)
    .where('read_at', 'is', null)
  if (caller.userId !== undefined) unread = unread.where('user_id', '=', caller.userId)
  const { n } = await unread.executeTakeFirstOrThrow()
  const theme = readCookie(request, themeCookie)
  return {
    caller,
    tenant,
    person: person && { ...person, hasTotp: person.twoFactorEnabled === true },
    unread: Number(n),
    csrf: ensureCsrf(request, reply),
    theme: theme === 'light' || theme === 'dark' ? theme : undefined,
    address: addressesOf(acme.url()).find((address) => new URL(address).host === request.headers.host) ?? acme.url(),
  }
}

/** Whether what only owners and admins may change is offered. */
export const isManager = ({ person }: Viewer): boolean => person === undefined || person.role !== 'member'
