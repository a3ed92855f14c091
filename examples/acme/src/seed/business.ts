import type { Signer } from '../signer.ts'
import type { Random } from './random.ts'
import type { SeededTenant } from './tenants.ts'
import type { SeededUser } from './users.ts'

const day = 24 * 60 * 60_000

const subjects = {
  document: [
    'Supplier agreement',
    'ISO 27001 certificate',
    'Data processing addendum',
    'Board minutes',
    'Audit report',
    'Safety data sheet',
  ],
  device: ['Laptop', 'Badge reader', 'Router', 'Pump controller', 'Thermometer', 'Payment terminal'],
  build: ['api', 'web', 'firmware', 'mobile', 'agent', 'billing-worker'],
  person: ['Forklift licence', 'First aid training', 'Background check', 'Site induction'],
} as const
const kinds = ['document', 'document', 'device', 'device', 'build', 'person'] as const

/** What the tenants do with the product: attestations above all, then bills, exports, notifications, and the trace of it. */
export function makeBusiness(random: Random, signer: Signer, tenants: readonly SeededTenant[], users: readonly SeededUser[], now: Date) {
  const byTenant = Map.groupBy(users, (user) => user.tenant.id)
  const rows = {
    attestations: [] as object[],
    billing: [] as object[],
    invoices: [] as object[],
    exports: [] as object[],
    notifications: [] as object[],
    activity: [] as { at: Date }[],
  }
  let invoiceNumber = 10_000

  for (const tenant of tenants) {
    const people = (byTenant.get(tenant.id) ?? []).filter((user) => user.status === 'active')
    const owner = people[0]
    if (!owner) continue
    const trace = (at: Date, actor: string, action: string, subject: string) =>
      rows.activity.push({ tenant_id: tenant.id, actor, action, subject, at } as { at: Date })
    const quiet = tenant.status === 'suspended' || tenant.status === 'closed'
    const firstDay = Math.min(tenant.createdDaysAgo, 180)
    const lastDay = quiet ? 35 : 0

    const count =
      tenant.status === 'pending'
        ? 0
        : Math.min(2000, 4 + Math.floor(tenant.people * (tenant.plan === 'enterprise' ? 4 : 1.2) * (0.8 + random.next() * 0.4)))
    for (let n = 0; n < count; n++) {
      const kind = random.pick(kinds)
      const actor = random.pick(people).id
      const at = new Date(now.getTime() - Math.floor((lastDay + random.next() ** 1.5 * Math.max(0, firstDay - lastDay)) * day))
      const expires = new Date(at.getTime() + random.pick([30, 90, 365, 730]) * day)
      const revoked = random.chance(0.06) ? new Date(at.getTime() + Math.floor(random.next() * (now.getTime() - at.getTime()))) : null
      const id = `att_${random.letters(16)}`
      const subject = `${random.pick(subjects[kind])} ${random.letters(3).toUpperCase()}-${random.whole(100, 99_999)}`
      const claims = { sha256: random.letters(64, '0123456789abcdef') }
      const statement = { id, tenant: tenant.id, kind, subject, claims, issued_at: at.toISOString() }
      rows.attestations.push({
        id,
        tenant_id: tenant.id,
        kind,
        subject,
        statement,
        signature: signer.sign(statement),
        status: revoked ? 'revoked' : expires < now ? 'expired' : 'valid',
        issued_by: actor,
        issued_at: at,
        expires_at: expires,
        revoked_at: revoked,
        revoked_reason: revoked ? random.pick(['superseded', 'device lost', 'issued in error', 'certificate withdrawn']) : null,
      })
      trace(at, actor, 'attestation.issued', id)
      if (revoked) trace(revoked, owner.id, 'attestation.revoked', id)
    }

    const currency = tenant.region.startsWith('us') ? 'USD' : tenant.region.startsWith('ap-north') ? 'JPY' : 'EUR'
    if (tenant.status !== 'pending') {
      rows.billing.push({
        tenant_id: tenant.id,
        billing_email: `billing@${tenant.slug}.example`,
        company: tenant.name,
        address: `${random.whole(1, 240)} ${random.pick(['Harbour Road', 'Lindenstraße', 'Rue des Forges', 'Main Street', 'Calle Mayor'])}`,
        tax_id: random.chance(0.8) ? `${tenant.region.slice(0, 2).toUpperCase()}${random.whole(100_000_000, 999_999_999)}` : null,
        currency,
        payment_method: random.pick(['card ending 4242', 'card ending 1881', 'SEPA direct debit', 'bank transfer']),
        invoice_note: random.chance(0.2) ? `PO ${random.whole(1000, 9999)}` : null,
        updated_at: new Date(now.getTime() - random.whole(1, 300) * day),
      })
    }
    const price = { starter: 4_900, business: 49_900, enterprise: 390_000 }[tenant.plan] ?? 4_900
    for (let month = 1; month <= Math.min(12, Math.floor(tenant.createdDaysAgo / 30)); month++) {
      const at = new Date(now.getTime() - month * 30 * day)
      invoiceNumber++
      rows.invoices.push({
        id: `inv_${random.letters(14)}`,
        tenant_id: tenant.id,
        number: `AA-${invoiceNumber}`,
        period: at.toISOString().slice(0, 7),
        amount_cents: price + random.whole(0, 2_000),
        currency,
        status: month > 1 ? (tenant.status === 'suspended' && month < 4 ? 'overdue' : 'paid') : 'open',
        issued_at: at,
      })
    }
    for (const [kind, format, age] of [
      ['attestations', 'csv', 2],
      ['members', 'csv', 9],
      ['activity', 'ndjson', 30],
    ] as const) {
      if (age > tenant.createdDaysAgo) continue
      const at = new Date(now.getTime() - Math.floor((age - random.next()) * day))
      const id = `exp_${tenant.id.slice(4)}_${kind}`
      rows.exports.push({ id, tenant_id: tenant.id, kind, format, requested_by: owner.id, created_at: at })
      trace(at, owner.id, 'export.requested', id)
    }
    for (let n = 1; n <= 5 + Math.floor(tenant.people / 4); n++) {
      const at = new Date(now.getTime() - Math.floor(random.next() * Math.min(20, tenant.createdDaysAgo) * day))
      const [title, body] = random.pick(notices)
      rows.notifications.push({
        id: `ntf_${tenant.id.slice(4)}_${n}`,
        tenant_id: tenant.id,
        user_id: n === 1 ? owner.id : n === 2 ? (people[1] ?? owner).id : random.pick(people).id,
        title,
        body,
        created_at: at,
        read_at: n > 2 && random.chance(0.5) ? new Date(at.getTime() + Math.floor(random.next() * (now.getTime() - at.getTime()))) : null,
      })
    }
  }
  rows.activity.sort((a, b) => a.at.getTime() - b.at.getTime())
  return rows
}

const notices = [
  ['An attestation expires soon', 'It will no longer verify after its last day. Issue a new one in time.'],
  ['A new device signed in', 'If this was not you, change your password and end the other sessions.'],
  ['Your invoice is ready', 'You find it under Billing.'],
  ['An export is ready', 'It can be downloaded by everybody in your organisation.'],
  ['A member joined', 'They can see attestations and issue new ones.'],
] as const
