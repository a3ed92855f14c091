import { z } from 'zod'

/** Prefixes of our own ids. Each id is `prefix_` + a UUIDv7 in 32 hex digits, so ids of one kind sort by creation. */
export const idPrefixes = {
  event: 'evt',
  session: 'ses',
  request: 'req',
  staff: 'stf',
  staffSession: 'sts',
  key: 'key',
  ingestKey: 'ing',
  hold: 'hld',
  passkey: 'psk',
  action: 'act',
  export: 'exp',
  view: 'viw',
} as const

export type IdKind = keyof typeof idPrefixes

const idOf = (kind: IdKind, what: string) =>
  z
    .string()
    .regex(new RegExp(`^${idPrefixes[kind]}_[0-9a-f]{32}$`))
    .describe(what)

export const EventId = idOf('event', 'Id of an event')
export const SessionId = idOf('session', 'Id of a support session')
export const RequestId = idOf('request', 'Id of one HTTP request; the upstream and the caller see the same id')
export const StaffId = idOf('staff', 'Id of a staff member')
export const ActionRequestId = idOf('action', 'Id of a request for an action; the product knows the effect by it')
export const PasskeyId = idOf('passkey', 'Id of a passkey of staff')
export const ViewId = idOf('view', 'Id of a view: the product in a browser, in a support session')
export const ExportId = idOf('export', 'Id of an export of events')
export const KeyId = idOf('key', 'Id of a tenant API key')
export const IngestKeyId = idOf('ingestKey', 'Id of an ingest key')

/** Ids of tenants and users are the product's own: opaque, printable, without spaces. */
const productId = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x21-\x7e]+$/)
export const TenantId = productId.describe('Id of a tenant, as the product names it')
export const UserId = productId.describe('Id of a user, as the product names it')
