import {
  ConnectorInfo,
  ConnectorTenantDetails,
  ConnectorTenantPage,
  ConnectorUserDetail,
  ConnectorUserPage,
  ConnectorUserSearch,
  type FeatureName,
} from '@countersign/contract/connector.ts'
import type { User } from '@countersign/contract/users.ts'
import { distance } from 'fastest-levenshtein'
import { Advice, Fault, Untested } from '../../../outbound/check.ts'
import type { Check, Seen } from './check.ts'
import type { Probe } from './probe.ts'

const smallPage = 5
const pagesAtMost = 40
const smallPagesAtMost = 4
const pageSize = 200
/** Letters by which a found address may differ from what was typed. */
const slipsAtMost = 4

const requireUser = (seen: Seen): User => {
  if (seen.user === undefined) throw new Untested('no tenant of the first twenty shows a user to check with')
  return seen.user
}

const usersOf = (tenantId: string): string => `/tenants/${encodeURIComponent(tenantId)}/users`

const requireMissing = async (probe: Probe, path: string): Promise<string> => {
  const { status } = await probe.call(path)
  if (status !== 404) throw new Fault(`GET ${path} answered ${status}, not 404`)
  return '404'
}

const search = async (probe: Probe, text: string): Promise<User[]> =>
  (await probe.read(`/users?query=${encodeURIComponent(text)}&limit=50`, ConnectorUserSearch)).items

type Page = { items: { id: string }[]; next_cursor: string | null }

/** Goes through a list, page by page; nothing may come twice. Answers how many pages there were, and whether the list ended. */
const walk = async <P extends Page>(
  readPage: (cursor: string | null) => Promise<P>,
  { limit, most, onPage }: { limit: number; most: number; onPage: (page: P) => void },
): Promise<{ pages: number; isWhole: boolean }> => {
  const ids = new Set<string>()
  const cursors = new Set<string>()
  let cursor: string | null = null
  for (let pages = 1; pages <= most; pages++) {
    const page: P = await readPage(cursor)
    if (page.items.length > limit) throw new Fault(`${page.items.length} items where limit=${limit} was asked for`)
    for (const { id } of page.items) {
      if (ids.has(id)) throw new Fault(`${id} comes twice`)
      ids.add(id)
    }
    onPage(page)
    cursor = page.next_cursor
    if (cursor === null) return { pages, isWhole: true }
    if (page.items.length === 0) throw new Fault('an empty page that is not the last')
    if (cursors.has(cursor)) throw new Fault('a cursor that comes twice: the list does not end')
    cursors.add(cursor)
  }
  return { pages: most, isWhole: false }
}

const pagePath = (path: string, limit: number, cursor: string | null): string =>
  `${path}?limit=${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`

const readTenants = async (probe: Probe, seen: Seen): Promise<string> => {
  const { pages, isWhole } = await walk<ConnectorTenantPage>(
    (cursor) => probe.read(pagePath('/tenants', pageSize, cursor), ConnectorTenantPage),
    {
      limit: pageSize,
      most: pagesAtMost,
      onPage: ({ items, sync_token }) => {
        seen.tenants.push(...items)
        seen.syncToken = sync_token
      },
    },
  )
  seen.isWhole = isWhole
  const count = seen.tenants.length
  return isWhole ? `${count} tenants on ${pages} pages` : `the first ${count} tenants; there are more`
}

/** The same list in pages that are too small for it: whoever ignores cursors, or loses rows between pages, is seen. */
const requireSamePaged = async <P extends Page>(
  known: { ids: ReadonlySet<string>; isWhole: boolean },
  readPage: (limit: number, cursor: string | null) => Promise<P>,
): Promise<string> => {
  if (known.ids.size < 2) throw new Untested('one row is no more than a page; add another to try the paging')
  const limit = Math.min(smallPage, Math.floor(known.ids.size / 2))
  const found: string[] = []
  const { pages, isWhole } = await walk((cursor) => readPage(limit, cursor), {
    limit,
    most: smallPagesAtMost,
    onPage: ({ items }) => void found.push(...items.map(({ id }) => id)),
  })
  const strange = known.isWhole ? found.find((id) => !known.ids.has(id)) : undefined
  if (strange !== undefined) throw new Fault(`${strange} comes with limit=${limit}, and not with a larger one`)
  if (isWhole && found.length < known.ids.size)
    throw new Fault(`limit=${limit} shows ${found.length} in all, a larger one ${known.ids.size}`)
  if (pages < 2) throw new Fault(`limit=${limit} shows one page`)
  return `${found.length} on ${pages} pages of ${limit}`
}

/** A check of what only some products offer. */
const withFeature = (feature: FeatureName, check: Check): Check => ({
  ...check,
  run: async (probe, seen) =>
    (await probe.read('/', ConnectorInfo)).features.includes(feature)
      ? check.run(probe, seen)
      : `left out: ${feature} is not among its features`,
})

const listUsers = async (probe: Probe, seen: Seen, asked: Record<string, string>): Promise<User[]> => {
  const { tenant_id } = requireUser(seen)
  const query = new URLSearchParams({ limit: String(pageSize), ...asked })
  return (await probe.read(`/tenants/${encodeURIComponent(tenant_id)}/users?${query}`, ConnectorUserPage)).items
}

/** Lists of users that can be searched, narrowed and sorted. */
const userListChecks: Check[] = [
  {
    name: 'the users of a tenant can be searched',
    hint: 'Look for `query` in e-mail address, name and id of the tenant’s users, and find nothing that does not hold it.',
    run: async (probe, seen) => {
      const { id, email } = requireUser(seen)
      const found = await listUsers(probe, seen, { query: email })
      if (!found.some((user) => user.id === id)) throw new Fault(`"${email}" does not find ${id}`)
      const none = await listUsers(probe, seen, { query: 'countersign-check-none' })
      if (none.length > 0) throw new Fault(`"countersign-check-none" finds ${none.length} users: \`query\` seems to be ignored`)
      return `"${email}"`
    },
  },
  {
    name: 'the users of a tenant can be narrowed',
    hint: 'Answer `status` and `role` with the users that have exactly that one.',
    run: async (probe, seen) => {
      const { status, role } = requireUser(seen)
      const asked = { status, ...(role === null ? {} : { role }) }
      const found = await listUsers(probe, seen, asked)
      const other = found.find((user) => user.status !== status || (role !== null && user.role !== role))
      if (other) throw new Fault(`${other.id} is ${other.status}, ${other.role}, where ${status}, ${role} was asked for`)
      if (found.length === 0) throw new Fault(`nobody is ${status}, ${role}, and yet ${requireUser(seen).id} is`)
      return `${found.length} ${Object.values(asked).join(', ')}`
    },
  },
  {
    name: 'the users of a tenant can be sorted',
    hint: 'Answer `sort` and `order` by that member; page by it and by the id, so that rows with the same value are neither lost nor repeated.',
    run: async (probe, seen) => {
      const [up, down] = [
        await listUsers(probe, seen, { sort: 'email', order: 'asc' }),
        await listUsers(probe, seen, { sort: 'email', order: 'desc' }),
      ]
      if (up.length < 2) return 'left out: it takes two users'
      if (
        up.length < pageSize &&
        up.map(({ id }) => id).join() !==
          down
            .toReversed()
            .map(({ id }) => id)
            .join()
      )
        throw new Fault('`order=desc` is not the reverse of `order=asc`')
      const [first, last] = [up[0]?.email.toLowerCase() ?? '', down[0]?.email.toLowerCase() ?? '']
      if (first >= last) throw new Fault(`the first address is ${first}, the last one ${last}`)
      return `${first} … ${last}`
    },
  },
]

const detailsCheck: Check = {
  name: 'a tenant is shown with its details',
  hint: 'GET /tenants/{tenant_id} answers what the product knows of `authorizers`, `seats_used`, `seats_total`, `sso`, `sso_required` and `time_zone`; 404 for an unknown tenant.',
  run: async (probe, seen) => {
    const details = await probe.read(`/tenants/${encodeURIComponent(requireUser(seen).tenant_id)}`, ConnectorTenantDetails)
    await requireMissing(probe, '/tenants/countersign-check-none')
    return Object.keys(details).join(', ') || 'none of them'
  },
}

/** What a connector shows. */
export const directoryChecks: Check[] = [
  {
    name: 'tenants come by pages',
    hint: 'Answer {items, next_cursor, sync_token}, with no more items than `limit` asks for.',
    needed: true,
    run: async (probe) => {
      const { items } = await probe.read(`/tenants?limit=${smallPage}`, ConnectorTenantPage)
      if (items.length > smallPage) throw new Fault(`${items.length} items where limit=${smallPage} was asked for`)
      if (items.length === 0) throw new Fault('there are no tenants; the checks need at least one, with a user')
      return `${items.length} on a page of ${smallPage}`
    },
  },
  {
    name: 'the list of tenants ends, and repeats nothing',
    hint: 'Page by a key that is unique and does not move (not by offset); `next_cursor` is null on the last page.',
    run: readTenants,
  },
  {
    name: 'small pages show the same tenants',
    hint: 'Honor `limit` and `cursor`: the next page begins after the last row of this one, whatever the limit.',
    run: (probe, { tenants, isWhole }) =>
      requireSamePaged({ ids: new Set(tenants.map(({ id }) => id)), isWhole }, (limit, cursor) =>
        probe.read(pagePath('/tenants', limit, cursor), ConnectorTenantPage),
      ),
  },
  {
    name: 'an incremental read shows what changed',
    hint: 'Give a sync_token on the last page, and answer `since` with what changed after it, deleted tenants with deleted_at.',
    run: async (probe, seen) => {
      if (seen.syncToken === null) throw new Advice('the last page has no sync_token: every round reads all tenants')
      const { items } = await probe.read(`/tenants?limit=${pageSize}&since=${encodeURIComponent(seen.syncToken)}`, ConnectorTenantPage)
      if (items.length > 10 && items.length >= Math.min(seen.tenants.length, pageSize)) {
        throw new Fault(`${items.length} tenants changed within this check: \`since\` seems to be ignored`)
      }
      return `${items.length} changed`
    },
  },
  {
    name: "a tenant's users are its own, by pages",
    hint: 'GET /tenants/{tenant_id}/users answers {items, next_cursor} with users of that tenant alone.',
    run: async (probe, seen) => {
      let said: string | undefined
      for (const tenant of seen.tenants.filter(({ deleted_at }) => deleted_at === null).slice(0, 20)) {
        const { items } = await probe.read(`${usersOf(tenant.id)}?limit=${smallPage}`, ConnectorUserPage)
        if (items.length > smallPage) throw new Fault(`${items.length} items where limit=${smallPage} was asked for`)
        const stray = items.find((user) => user.tenant_id !== tenant.id)
        if (stray) throw new Fault(`${stray.id} of ${stray.tenant_id} stands among the users of ${tenant.id}`)
        seen.user ??= items.find((user) => user.status === 'active') ?? items[0]
        if (seen.user) said ??= `${items.length} of ${tenant.id}`
        if (items.length < 2) continue
        seen.crowded = tenant.id
        break
      }
      if (said === undefined) throw new Untested('no tenant of the first twenty has a user; add one to try the rest')
      return said
    },
  },
  {
    name: 'small pages show the same users of a tenant',
    hint: 'Honor `limit` and `cursor` here as for tenants.',
    run: async (probe, { crowded }) => {
      if (crowded === undefined) throw new Untested('no tenant of the first twenty has two users; add one to try the paging')
      const ids = new Set<string>()
      const read = (limit: number, cursor: string | null) => probe.read(pagePath(usersOf(crowded), limit, cursor), ConnectorUserPage)
      const { isWhole } = await walk((cursor) => read(pageSize, cursor), {
        limit: pageSize,
        most: smallPagesAtMost,
        onPage: ({ items }) => {
          for (const { id } of items) ids.add(id)
        },
      })
      return requireSamePaged({ ids, isWhole }, read)
    },
  },
  {
    name: 'the users of an unknown tenant are not found',
    hint: 'Answer 404 for a tenant that does not exist.',
    run: (probe) => requireMissing(probe, '/tenants/countersign-check-none/users?limit=1'),
  },
  ...userListChecks.map((check) => withFeature('user_lists', check)),
  withFeature('tenant_details', detailsCheck),
  ...(['email', 'name', 'id'] as const).map(
    (field): Check => ({
      name: `a user is found by the start of the ${field === 'email' ? 'e-mail address' : field}`,
      hint: 'GET /users?query=… looks in e-mail address, name and id, over all tenants, best match first.',
      run: async (probe, seen) => {
        const user = requireUser(seen)
        const whole = [...user[field]]
        const start = field === 'id' ? user.id : whole.slice(0, Math.max(3, whole.length - 2)).join('')
        if (!(await search(probe, start)).some(({ id }) => id === user.id)) throw new Fault(`"${start}" does not find ${user.id}`)
        return `"${start}"`
      },
    }),
  ),
  {
    name: 'a whole e-mail address finds its user alone',
    hint: 'End the list where relevance ends: whoever is shown is on the record as looked up, and the tenant sees it.',
    run: async (probe, seen) => {
      const { email } = requireUser(seen)
      const others = (await search(probe, email)).filter((found) => found.email.toLowerCase() !== email.toLowerCase())
      if (others.length > 0) throw new Fault(`"${email}" finds ${others.length} others too, such as ${others[0]?.email}`)
      return `"${email}"`
    },
  },
  {
    name: 'a user is found in spite of a typing error, without others',
    hint: 'Compare by similarity too, for instance with PostgreSQL’s pg_trgm, and leave out what is much less alike than the best.',
    run: async (probe, seen) => {
      const user = requireUser(seen)
      const letters = [...user.email]
      const middle = Math.max(1, Math.floor(letters.indexOf('@') / 2))
      const typed = [...letters.slice(0, middle), letters[middle + 1], letters[middle], ...letters.slice(middle + 2)].join('')
      const found = await search(probe, typed)
      if (!found.some(({ id }) => id === user.id)) throw new Advice(`"${typed}" does not find ${user.email}`)
      const strangers = found.filter(({ email }) => distance(typed.toLowerCase(), email.toLowerCase()) > slipsAtMost)
      if (strangers.length > 0)
        throw new Advice(`"${typed}" also finds ${strangers.length} who are spelled otherwise, such as ${strangers[0]?.email}`)
      return `"${typed}"`
    },
  },
  {
    name: 'a search keeps to its limit',
    hint: 'Answer no more items than `limit` asks for.',
    run: async (probe) => {
      const { items } = await probe.read('/users?query=an&limit=2', ConnectorUserSearch)
      if (items.length > 2) throw new Fault(`${items.length} items where limit=2 was asked for`)
      return `${items.length}`
    },
  },
  {
    name: 'a user is shown with factors and sessions',
    hint: 'GET /users/{user_id} answers {user, factors, sessions}.',
    run: async (probe, seen) => {
      const { id, tenant_id } = requireUser(seen)
      const detail = await probe.read(`/users/${encodeURIComponent(id)}`, ConnectorUserDetail)
      if (detail.user.id !== id || detail.user.tenant_id !== tenant_id) throw new Fault(`${id} was asked for, ${detail.user.id} was shown`)
      const account = detail.account === undefined ? '' : `, account: ${Object.keys(detail.account).join(', ')}`
      return `${detail.factors.length} factors, ${detail.sessions.length} sessions${account}`
    },
  },
  {
    name: 'an unknown user is not found',
    hint: 'Answer 404 for a user that does not exist.',
    run: (probe) => requireMissing(probe, '/users/countersign-check-none'),
  },
  {
    name: 'an odd id is not found either',
    hint: 'Decode the path once, after it was split at its slashes, and answer 404.',
    run: (probe) => requireMissing(probe, `/users/${encodeURIComponent('a/../b?c#d%2e\'"<')}`),
  },
  {
    name: 'answers come in time',
    hint: 'Give the tables the indexes that the slow call needs; the program waits 5 seconds, and people wait with it.',
    run: async (probe) => {
      const slowest = probe.times.toSorted((a, b) => b.milliseconds - a.milliseconds)[0]
      if (slowest === undefined) throw new Fault('there were none')
      const said = `${Math.round(slowest.milliseconds)} ms at most`
      if (slowest.milliseconds > 2_000) throw new Advice(`${said}: GET ${slowest.target}`)
      return said
    },
  },
]
