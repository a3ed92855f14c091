import { ConnectorTenantPage, ConnectorUserDetail, ConnectorUserPage, ConnectorUserSearch } from '@countersign/contract/connector.ts'
import type { User } from '@countersign/contract/users.ts'
import { distance } from 'fastest-levenshtein'
import type { Check, Seen } from './check.ts'
import { Fault, type Probe } from './probe.ts'

const smallPage = 5
const pagesAtMost = 40
const pageSize = 200
/** Letters by which a found address may differ from what was typed. */
const slipsAtMost = 4

const requireUser = (seen: Seen): User => {
  if (seen.user === undefined) throw new Fault('no tenant of the first twenty shows a user to check with')
  return seen.user
}

const requireMissing = async (probe: Probe, path: string): Promise<string> => {
  const { status } = await probe.call(path)
  if (status !== 404) throw new Fault(`GET ${path} answered ${status}, not 404`)
  return '404'
}

const search = async (probe: Probe, text: string): Promise<User[]> =>
  (await probe.read(`/users?query=${encodeURIComponent(text)}&limit=50`, ConnectorUserSearch)).items

const readTenants = async (probe: Probe, seen: Seen): Promise<string> => {
  const ids = new Set<string>()
  const cursors = new Set<string>()
  let cursor: string | null = null
  for (let n = 0; n < pagesAtMost; n++) {
    const path: string = `/tenants?limit=${pageSize}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const page: ConnectorTenantPage = await probe.read(path, ConnectorTenantPage)
    for (const tenant of page.items) {
      if (ids.has(tenant.id)) throw new Fault(`the tenant ${tenant.id} comes twice`)
      ids.add(tenant.id)
      seen.tenants.push(tenant)
    }
    cursor = page.next_cursor
    if (cursor === null) {
      seen.syncToken = page.sync_token
      return `${ids.size} tenants on ${n + 1} pages`
    }
    if (page.items.length === 0) throw new Fault('an empty page that is not the last')
    if (cursors.has(cursor)) throw new Fault('a cursor that comes twice: the list does not end')
    cursors.add(cursor)
  }
  return `the first ${ids.size} tenants; there are more`
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
    name: 'an incremental read shows what changed',
    hint: 'Give a sync_token on the last page, and answer `since` with what changed after it, deleted tenants with deleted_at.',
    run: async (probe, seen) => {
      if (seen.syncToken === null) throw new Fault('the last page has no sync_token: every round would read all tenants')
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
      for (const tenant of seen.tenants.filter(({ deleted_at }) => deleted_at === null).slice(0, 20)) {
        const { items } = await probe.read(`/tenants/${encodeURIComponent(tenant.id)}/users?limit=${smallPage}`, ConnectorUserPage)
        if (items.length > smallPage) throw new Fault(`${items.length} items where limit=${smallPage} was asked for`)
        const stray = items.find((user) => user.tenant_id !== tenant.id)
        if (stray) throw new Fault(`${stray.id} of ${stray.tenant_id} stands among the users of ${tenant.id}`)
        seen.user ??= items.find((user) => user.status === 'active') ?? items[0]
        if (seen.user) return `${items.length} of ${tenant.id}`
      }
      throw new Fault('no tenant of the first twenty has a user')
    },
  },
  {
    name: 'the users of an unknown tenant are not found',
    hint: 'Answer 404 for a tenant that does not exist.',
    run: (probe) => requireMissing(probe, '/tenants/countersign-check-none/users?limit=1'),
  },
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
      if (!found.some(({ id }) => id === user.id)) throw new Fault(`"${typed}" does not find ${user.email}`)
      const strangers = found.filter(({ email }) => distance(typed.toLowerCase(), email.toLowerCase()) > slipsAtMost)
      if (strangers.length > 0)
        throw new Fault(`"${typed}" also finds ${strangers.length} who are spelled otherwise, such as ${strangers[0]?.email}`)
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
      return `${detail.factors.length} factors, ${detail.sessions.length} sessions`
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
      if (slowest.milliseconds > 2_000) throw new Fault(`${said}: GET ${slowest.target}`)
      return said
    },
  },
]
