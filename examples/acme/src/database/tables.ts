import type { Generated } from 'kysely'

/** better-auth names its columns in camel case; the product's own tables are snake_case. */
type UserTable = {
  id: string
  name: string
  email: string
  emailVerified: boolean
  image: string | null
  createdAt: Date
  updatedAt: Date
  role: string | null
  banned: boolean | null
  banReason: string | null
  banExpires: Date | null
  twoFactorEnabled: boolean | null
  lastSeenAt: Date | null
}

type SessionTable = {
  id: string
  token: string
  userId: string
  expiresAt: Date
  createdAt: Date
  updatedAt: Date
  ipAddress: string | null
  userAgent: string | null
  impersonatedBy: string | null
  activeOrganizationId: string | null
  place: string | null
  method: string | null
  lastSeenAt: Date | null
}

type AccountTable = {
  id: string
  accountId: string
  providerId: string
  userId: string
  password: string | null
  createdAt: Date
  updatedAt: Date
}

type OrganizationTable = {
  id: string
  name: string
  slug: string
  logo: string | null
  createdAt: Date
  metadata: string | null
  status: string
  plan: string | null
  region: string | null
  updatedAt: Date
}

type MemberTable = { id: string; organizationId: string; userId: string; role: string; createdAt: Date }

type PasskeyTable = {
  id: string
  name: string | null
  publicKey: string
  userId: string
  credentialID: string
  counter: number
  deviceType: string
  backedUp: boolean
  transports: string | null
  createdAt: Date | null
  aaguid: string | null
}

type TwoFactorTable = {
  id: string
  secret: string
  backupCodes: string
  userId: string
  verified: boolean | null
  enrolled_at: Generated<Date>
}

type SignInMethodTable = { user_id: string; method: string; first_used_at: Date; last_used_at: Date }

export type AttestationTable = {
  id: string
  tenant_id: string
  kind: string
  subject: string
  statement: unknown
  signature: string
  status: 'valid' | 'revoked' | 'expired'
  note: string | null
  issued_by: string
  issued_at: Date
  expires_at: Date | null
  revoked_at: Date | null
  revoked_reason: string | null
}

export type BillingSettingsTable = {
  tenant_id: string
  billing_email: string
  company: string
  address: string
  tax_id: string | null
  currency: string
  payment_method: string
  invoice_note: string | null
  updated_at: Date
}

export type InvoiceTable = {
  id: string
  tenant_id: string
  number: string
  period: string
  amount_cents: number
  currency: string
  status: 'paid' | 'open' | 'overdue'
  issued_at: Date
}

export type ExportTable = {
  id: string
  tenant_id: string
  kind: 'attestations' | 'members' | 'activity'
  format: 'csv' | 'ndjson'
  requested_by: string
  created_at: Date
}

export type NotificationTable = {
  id: string
  tenant_id: string
  user_id: string
  title: string
  body: string
  created_at: Date
  read_at: Date | null
}

export type ActivityTable = {
  seq: Generated<string>
  tenant_id: string
  actor: string
  action: string
  subject: string
  at: Date
}

type ApiKeyTable = { id: string; tenant_id: string; user_id: string; name: string; key_hash: Buffer; created_at: Generated<Date> }
type MailTable = { id: Generated<string>; user_id: string; subject: string; body: string; link: string; sent_at: Generated<Date> }

type SupportActTable = {
  id: string
  act: string
  target_kind: 'user' | 'tenant'
  target_id: string
  parameters: unknown
  status: 'done' | 'failed'
  count: number | null
  code: string | null
  message: string | null
  at: Date
  requested_by: string
  approved_by: string[]
}

type SupportCallTable = {
  seq: Generated<string>
  received_at: Generated<Date>
  act_id: string
  act: string
  target_kind: string
  target_id: string
  requested_by: string
  outcome: 'done' | 'failed' | 'repeated' | 'refused' | null
  code: string | null
}

type FailedSignInTable = { user_id: string; count: number; last_at: Date }
type SubscriptionTable = { tenant_id: string; seats: number; time_zone: string }
type StorageIncidentTable = { tenant_id: string; failing_share: number }
type SettingTable = { name: string; value: string }

/** Tenants with their tombstones, as the connector shows them (a view). */
type TenantDirectoryView = {
  id: string
  name: string
  status: string
  plan: string | null
  region: string | null
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
}

export type Tables = {
  user: UserTable
  session: SessionTable
  account: AccountTable
  organization: OrganizationTable
  member: MemberTable
  passkey: PasskeyTable
  twoFactor: TwoFactorTable
  sign_in_methods: SignInMethodTable
  attestations: AttestationTable
  billing_settings: BillingSettingsTable
  invoices: InvoiceTable
  exports: ExportTable
  notifications: NotificationTable
  activity: ActivityTable
  api_keys: ApiKeyTable
  mails: MailTable
  support_acts: SupportActTable
  support_calls: SupportCallTable
  failed_sign_ins: FailedSignInTable
  subscriptions: SubscriptionTable
  storage_incidents: StorageIncidentTable
  settings: SettingTable
  tenant_directory: TenantDirectoryView
}
