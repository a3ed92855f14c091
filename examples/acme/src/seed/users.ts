import { firefox, iphone, makeDevice, passkeyNames } from './devices.ts'
import { hostileNames, makeName } from './people.ts'
import type { Random } from './random.ts'
import type { SeededTenant } from './tenants.ts'

export type SignInMethod = 'password' | 'passkey' | 'magic_link'

export type SeededUser = {
  id: string
  tenant: SeededTenant
  name: string
  email: string
  role: 'owner' | 'admin' | 'member'
  status: 'active' | 'invited' | 'suspended'
  createdAt: Date
  lastSeenAt: Date | null
  methods: SignInMethod[]
  totp: boolean
  passkeys: { id: string; name: string | null; createdAt: Date; credential: string; publicKey: string }[]
  sessions: { id: string; method: SignInMethod; userAgent: string; ip: string; place: string; createdAt: Date; lastSeenAt: Date }[]
}

type Person = Pick<SeededUser, 'name' | 'role' | 'methods' | 'totp'> & {
  mailbox: string
  tenant: string
  /** Where they are signed in, for those whom the documentation shows. */
  devices?: readonly string[]
}

/** People whom the documentation names. All but Eve and Milton sign in with the password alone. */
const memorablePeople: readonly Person[] = [
  { tenant: 'globex', mailbox: 'hank', name: 'Hank Sorensen', role: 'owner', methods: ['password'], totp: false },
  {
    tenant: 'globex',
    mailbox: 'eve',
    name: 'Eve Rourke',
    role: 'member',
    methods: ['password', 'passkey', 'magic_link'],
    totp: true,
    devices: [firefox, iphone],
  },
  { tenant: 'initech', mailbox: 'bill', name: 'Bill Lambert', role: 'owner', methods: ['password'], totp: false },
  { tenant: 'initech', mailbox: 'milton', name: 'Milton Wade', role: 'member', methods: ['password', 'passkey'], totp: true },
  { tenant: 'umbrella', mailbox: 'alice', name: 'Alice Marsh', role: 'owner', methods: ['password', 'passkey'], totp: false },
  { tenant: 'hooli', mailbox: 'gavin', name: 'Gavin Bell', role: 'owner', methods: ['password'], totp: false },
  { tenant: 'stark', mailbox: 'virginia', name: 'Virginia Potter', role: 'owner', methods: ['password'], totp: false },
  { tenant: 'wayne', mailbox: 'lucius', name: 'Lucius Fuchs', role: 'owner', methods: ['password'], totp: false },
  { tenant: 'tyrell', mailbox: 'rachael', name: 'Rachael Rosen', role: 'owner', methods: ['password'], totp: false },
  { tenant: 'soylent', mailbox: 'sol', name: 'Sol Roth', role: 'owner', methods: ['password'], totp: false },
]

const minute = 60_000
const day = 24 * 60 * minute

export function makeUsers(random: Random, tenants: readonly SeededTenant[], now: Date): SeededUser[] {
  const users: SeededUser[] = []
  for (const tenant of tenants) {
    const known: Person[] = memorablePeople.filter((person) => person.tenant === tenant.slug)
    const hostile = hostileNames.filter((person) => person.tenant === tenant.slug)
    const mailboxes = new Set<string>()
    for (let n = 0; n < tenant.people; n++) {
      const person = known[n] ?? { ...(hostile[n - known.length] ?? makeName(random)), ...makePerson(random, n), tenant: tenant.slug }
      let { mailbox } = person
      for (let again = 2; mailboxes.has(mailbox); again++) mailbox = `${person.mailbox}${again}`
      mailboxes.add(mailbox)
      users.push(makeUser(random, tenant, { ...person, mailbox }, n < known.length, now))
    }
  }
  return users
}

function makePerson(random: Random, n: number): Pick<Person, 'role' | 'methods' | 'totp'> {
  const methods: SignInMethod[] = []
  if (random.chance(0.9)) methods.push('password')
  if (random.chance(0.35)) methods.push('passkey')
  if (methods.length === 0 || random.chance(0.18)) methods.push('magic_link')
  const role = n === 0 ? 'owner' : random.chance(0.06) ? 'admin' : 'member'
  return { role, methods, totp: methods.includes('password') && random.chance(0.3) }
}

function makeUser(random: Random, tenant: SeededTenant, person: Person, known: boolean, now: Date): SeededUser {
  const fate = random.next()
  const status = known || person.role === 'owner' ? 'active' : fate < 0.03 ? 'invited' : fate < 0.07 ? 'suspended' : 'active'
  const createdAt = new Date(now.getTime() - Math.floor(random.next() * tenant.createdDaysAgo * day) - 60 * minute)
  const dormant = tenant.status === 'suspended' || tenant.status === 'closed' || status === 'suspended'
  const lastSeenAt = status === 'invited' ? null : seenAt(random, createdAt, dormant, known && !dormant, now)
  const invited = status === 'invited'
  const id = known ? `usr_${person.mailbox}_${tenant.slug}` : `usr_${random.letters(14)}`
  return {
    id,
    tenant,
    name: person.name,
    email: `${person.mailbox}@${tenant.slug}.example`,
    role: person.role,
    status,
    createdAt,
    lastSeenAt,
    methods: invited ? [] : person.methods,
    totp: !invited && person.totp,
    passkeys: !invited && person.methods.includes('passkey') ? makePasskeys(random, createdAt, now) : [],
    sessions: lastSeenAt && !dormant ? makeSessions(random, person, lastSeenAt, createdAt, now) : [],
  }
}

/** Most people were here in the last days, some weeks ago, and those of a dormant tenant not lately. */
function seenAt(random: Random, createdAt: Date, dormant: boolean, lately: boolean, now: Date): Date {
  const u = random.next()
  const daysAgo = dormant
    ? 32 + u * 200
    : lately || u < 0.35
      ? random.next()
      : u < 0.7
        ? 1 + random.next() * 6
        : u < 0.9
          ? 7 + random.next() * 21
          : 28 + random.next() * 120
  return new Date(Math.max(createdAt.getTime() + minute, now.getTime() - minute - Math.floor(daysAgo * day)))
}

function makePasskeys(random: Random, createdAt: Date, now: Date): SeededUser['passkeys'] {
  return Array.from({ length: random.chance(0.25) ? 2 : 1 }, () => ({
    id: `psk_${random.letters(14)}`,
    name: random.pick(passkeyNames),
    createdAt: new Date(createdAt.getTime() + Math.floor(random.next() * (now.getTime() - createdAt.getTime()))),
    credential: random.letters(43, base64url),
    publicKey: random.letters(103, base64url),
  }))
}

function makeSessions(random: Random, person: Person, lastSeenAt: Date, createdAt: Date, now: Date): SeededUser['sessions'] {
  const { devices, methods } = person
  if (devices) {
    const before = (hours: number) => new Date(lastSeenAt.getTime() - hours * 60 * minute)
    return devices.map((userAgent, n) => ({ ...makeSession(random, methods, before(2 * n + 3), before(2 * n)), userAgent }))
  }
  const count = 1 + (random.chance(0.4) ? 1 : 0) + (random.chance(0.12) ? 1 : 0)
  const sessions: SeededUser['sessions'] = []
  for (let n = 0; n < count; n++) {
    const seen = n === 0 ? lastSeenAt : new Date(lastSeenAt.getTime() - Math.floor(random.next() * 12 * day))
    const begun = new Date(Math.max(createdAt.getTime(), seen.getTime() - Math.floor(random.next() * 9 * day)))
    if (begun > seen || now.getTime() - begun.getTime() > 28 * day) continue
    sessions.push(makeSession(random, methods, begun, seen))
  }
  return sessions
}

const makeSession = (random: Random, methods: SignInMethod[], createdAt: Date, lastSeenAt: Date) => ({
  id: `sgn_${random.letters(16)}`,
  method: random.pick(methods),
  ...makeDevice(random),
  createdAt,
  lastSeenAt,
})

const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
