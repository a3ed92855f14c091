import type { Random } from './random.ts'

export type SeededTenant = {
  id: string
  slug: string
  name: string
  status: 'active' | 'trial' | 'onboarding' | 'pending' | 'suspended' | 'closed'
  plan: string
  region: string
  people: number
  createdDaysAgo: number
}

export const memorableTenants: readonly SeededTenant[] = [
  of('globex', 'Globex', 'active', 'enterprise', 'eu-central-1', 412, 1460),
  of('initech', 'Initech', 'active', 'business', 'us-east-1', 218, 990),
  of('umbrella', 'Umbrella', 'active', 'enterprise', 'eu-west-1', 305, 1210),
  of('hooli', 'Hooli', 'trial', 'business', 'us-west-2', 64, 12),
  of('stark', 'Stark Industries', 'active', 'enterprise', 'us-east-1', 187, 800),
  of('wayne', 'Wayne Enterprises', 'active', 'enterprise', 'us-east-1', 143, 720),
  of('tyrell', 'Tyrell Corporation', 'suspended', 'business', 'ap-northeast-1', 58, 640),
  of('soylent', 'Soylent Foods', 'onboarding', 'starter', 'eu-central-1', 9, 5),
]

export const seededUsers = 3000

const firstWords =
  'Northwind Alpine Harbour Meridian Saffron Juniper Copper Lumen Granite Orchid Falcon Tidewater Ember Polar Cedar Quartz'.split(' ')
const secondWords = 'Logistics Clinics Energy Foods Bank Media Textiles Robotics Insurance Rail Labs Institute Ceramics'.split(' ')
const wideNames = [
  'Société Générale des Étoiles',
  'Ångström & Søn',
  'Полярная Звезда',
  'Ελληνική Ναυτιλία',
  '青山精密工業',
  '한빛 소프트',
  'شركة النور',
  'भारत वस्त्र',
]

const statusCounts = { active: 37, trial: 7, onboarding: 4, pending: 4, suspended: 3, closed: 5 } as const

/** Sixty of them: the memorable ones first, the others of every kind. */
export function makeTenants(random: Random): SeededTenant[] {
  const statuses = Object.entries(statusCounts).flatMap(([status, count]) =>
    Array.from({ length: count }, () => status as SeededTenant['status']),
  )
  for (const { status } of memorableTenants) statuses.splice(statuses.indexOf(status), 1)

  const taken = new Set<string>()
  const others = statuses.map((status, n): SeededTenant => {
    const name = wideNames[n] ?? distinct(random, taken)
    const createdDaysAgo =
      status === 'trial'
        ? random.whole(2, 28)
        : status === 'onboarding' || status === 'pending'
          ? random.whole(1, 20)
          : random.whole(90, 1500)
    const plan = status === 'trial' ? 'business' : random.pick(['starter', 'starter', 'business', 'business', 'enterprise'])
    const slug = wideNames[n] === undefined ? name.toLowerCase().replaceAll(' ', '-') : `tenant-${random.letters(6)}`
    const region = random.pick(['eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-2', 'ap-northeast-1', 'ap-south-1', 'sa-east-1'])
    return { id: `ten_${random.letters(10)}`, slug, name, status, plan, region, people: 0, createdDaysAgo }
  })
  spreadPeople(random, others)
  return [...memorableTenants, ...others]
}

function of(
  slug: string,
  name: string,
  status: SeededTenant['status'],
  plan: string,
  region: string,
  people: number,
  createdDaysAgo: number,
): SeededTenant {
  return { id: `ten_${slug}`, slug, name, status, plan, region, people, createdDaysAgo }
}

function distinct(random: Random, taken: Set<string>): string {
  for (;;) {
    const name = `${random.pick(firstWords)} ${random.pick(secondWords)}`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

/** Few large, many small; together exactly the number of people there is to be. */
function spreadPeople(random: Random, tenants: SeededTenant[]): void {
  let left = seededUsers - memorableTenants.reduce((sum, tenant) => sum + tenant.people, 0)
  const weights = tenants.map((tenant) =>
    tenant.status === 'pending' || tenant.status === 'onboarding' ? 0.02 : 0.15 + random.next() ** 3,
  )
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const share = left
  for (const [n, tenant] of tenants.entries()) {
    tenant.people = Math.max(2, Math.floor((share * (weights[n] ?? 0)) / total))
    left -= tenant.people
  }
  const largest = tenants.reduce((a, b) => (a.people > b.people ? a : b))
  largest.people += left
}
