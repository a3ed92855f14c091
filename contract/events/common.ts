import { z } from 'zod'
import { IngestKeyId, KeyId, RequestId, SessionId, StaffId, TenantId } from '../ids.ts'
import { eitherOf, erasable, kept, optional, type ValueOf, type ValuesOf } from './members.ts'

/** X4. */
export const categories = [
  'support_session',
  'action',
  'approval',
  'gateway',
  'look_up',
  'directory',
  'audit',
  'authentication',
  'authorization',
  'administration',
] as const
export const EventCategory = z.enum(categories)
export type EventCategory = z.infer<typeof EventCategory>

export const EventResult = z.enum(['ok', 'deny', 'error'])
export type EventResult = z.infer<typeof EventResult>

/** Who did it. Staff are named by issuer and subject (P18); `operator` is the person at the host's command line. */
export const actor = eitherOf(
  {
    kind: kept(z.literal('staff')),
    id: kept(StaffId),
    issuer: kept(z.string()),
    subject: kept(z.string()),
    email: erasable(z.string()),
    name: erasable(z.string()),
  },
  { kind: kept(z.literal('tenant')), id: kept(KeyId), tenant_id: kept(TenantId) },
  { kind: kept(z.literal('ingest')), id: kept(IngestKeyId) },
  { kind: kept(z.literal('operator')), id: kept(z.string().describe('Account name on the host')) },
  { kind: kept(z.literal('anonymous')), id: kept(z.literal('anonymous')) },
  { kind: kept(z.literal('system')), id: kept(z.string().describe('Which part of the program')) },
)
/** Who does it, as it is recorded. */
export type Actor = ValueOf<typeof actor>

export const targetKinds = ['tenant', 'user', 'session', 'key', 'staff', 'log', 'route', 'passkey', 'destination'] as const
export const target = {
  kind: kept(z.enum(targetKinds)),
  id: kept(z.string()),
  label: erasable(z.string().optional().describe('What people call it')),
}
export type Target = ValuesOf<typeof target>

/** The request that an event speaks of, in the gateway or at our own doors. Paths are escaped, never longer than 2,048. */
export const request = {
  id: kept(RequestId),
  method: kept(z.string()),
  path: erasable(z.string()),
  route: kept(z.string().optional().describe('Pattern of the matched route')),
  scope: kept(z.string().optional()),
  reads: kept(z.boolean().optional().describe('The route only reads, whatever its method')),
  status: kept(z.number().int().optional()),
  duration_ms: kept(z.number().optional()),
  bytes: kept(z.number().int().optional()),
}
export type EventRequest = ValuesOf<typeof request>
export const requestIfAny = optional(request)

/** The tenant that sees the event. */
export const ofTenant = { tenant_id: kept(TenantId) }
export const ofTenantIfAny = { tenant_id: kept(TenantId.optional()) }
export const ofSession = { session_id: kept(SessionId) }
export const ticket = erasable(z.string().optional())
export const reason = erasable(z.string())

/** Why it was refused, or failed. */
export const refusal = {
  code: kept(z.string().optional().describe('Error code of a denial or failure')),
  gates: kept(z.array(z.string()).optional().describe('The gates that were unmet, where that was the cause')),
  note: erasable(z.string().optional().describe('One sentence for people; names the unmet gate of a denial')),
}

export const count = kept(z.number().int())
/** How many were not recorded one by one before this one. */
export const unrecorded = kept(z.number().int().optional())
