import type { EventName, LoggedEvent } from '@countersign/contract/events.ts'
import { version as programVersion } from '../../version.ts'
import { compact, type FeedRecord, millisecondsOf, type Severity, sentenceOf, severityOf } from './record.ts'

/** The version of the schema that is written: https://schema.ocsf.io/1.8.0. */
export const ocsfVersion = '1.8.0'

const classes = {
  account_change: { uid: 3001, category: 3, name: 'Account Change' },
  authentication: { uid: 3002, category: 3, name: 'Authentication' },
  authorize_session: { uid: 3003, category: 3, name: 'Authorize Session' },
  entity_management: { uid: 3004, category: 3, name: 'Entity Management' },
  user_access: { uid: 3005, category: 3, name: 'User Access Management' },
  api_activity: { uid: 6003, category: 6, name: 'API Activity' },
} as const
type Class = keyof typeof classes
const categories = { 3: 'Identity & Access Management', 6: 'Application Activity' } as const

const activities = {
  account_change: { Enable: 2, Disable: 5, 'MFA Factor Disable': 11, Other: 99 },
  authentication: { Logon: 1, Logoff: 2, 'Account Switch': 7, Other: 99 },
  authorize_session: { 'Assign Privileges': 1 },
  entity_management: { Create: 1, Read: 2, Update: 3, Delete: 4, Enroll: 6, Unenroll: 7, Enable: 8, Disable: 9, Other: 99 },
  user_access: { 'Assign Privileges': 1, 'Revoke Privileges': 2, Other: 99 },
  api_activity: { Create: 1, Read: 2, Update: 3, Delete: 4, Other: 99 },
} as const satisfies Record<Class, Record<string, number>>

/** A class, and an activity in it; `by_method` takes it from the request. */
type Kind = { [C in Class]: readonly [C, keyof (typeof activities)[C] | (C extends 'api_activity' ? 'by_method' : never)] }[Class]

const request = ['api_activity', 'by_method'] as const
const asked = ['user_access', 'Other'] as const
const over = ['authentication', 'Logoff'] as const

/** What each event is in OCSF. An event that is new does not compile until it stands here. */
const kinds: Record<EventName, Kind> = {
  'SUPPORT_SESSION.CREATED': ['authorize_session', 'Assign Privileges'],
  'SUPPORT_SESSION.AVOIDED': ['entity_management', 'Other'],
  'SUPPORT_SESSION.DENIED': ['authorize_session', 'Assign Privileges'],
  'SUPPORT_SESSION.REVOKED': over,
  'SUPPORT_SESSION.EXPIRED': over,
  'SUPPORT_SESSION.VIEW.OPENED': ['authorize_session', 'Assign Privileges'],
  'SUPPORT_SESSION.VIEW.ENTERED': ['authentication', 'Logon'],
  'SUPPORT_SESSION.VIEW.CLOSED': over,
  'SUPPORT_SESSION.EXTENDED': ['authorize_session', 'Assign Privileges'],
  'SUPPORT_SESSION.STAYED': ['authentication', 'Other'],
  'SUPPORT_SESSION.TICKET_ADDED': ['entity_management', 'Update'],
  'SUPPORT_SESSION.TIMED_OUT': over,
  'SUPPORT_SESSION.TENANT_GONE': over,
  'SUPPORT_SESSION.ROLE_LOST': over,
  'SUPPORT_SESSION.FROZEN': over,
  'SUPPORT_SESSION.SIGNED_OUT': over,
  'IMPERSONATE.STARTED': ['authentication', 'Account Switch'],
  'IMPERSONATE.DENIED': ['authentication', 'Account Switch'],
  'IMPERSONATE.ENDED': over,
  'IMPERSONATE.REVOKED': over,
  'IMPERSONATE.EXPIRED': over,
  'IMPERSONATE.EXTENDED': ['authorize_session', 'Assign Privileges'],
  'IMPERSONATE.TIMED_OUT': over,
  'IMPERSONATE.TENANT_GONE': over,
  'IMPERSONATE.ROLE_LOST': over,
  'IMPERSONATE.FROZEN': over,
  'IMPERSONATE.SIGNED_OUT': over,
  'SUPPORT_SESSION.REQUEST.ADMITTED': request,
  'SUPPORT_SESSION.REQUEST.COMPLETED': request,
  'SUPPORT_SESSION.REQUEST.FAILED': request,
  'SUPPORT_SESSION.REQUEST.REFUSED': request,
  'SUPPORT_SESSION.REQUEST.CUT': request,
  'SUPPORT_SESSION.ASSET.ADMITTED': request,
  'SUPPORT_SESSION.ASSET.LOADED': request,
  'PASSKEY.RESET': ['account_change', 'MFA Factor Disable'],
  'TOTP.RESET': ['account_change', 'MFA Factor Disable'],
  'SESSION.REVOKED': over,
  'MAGIC_LINK.SENT': ['account_change', 'Other'],
  'ACCOUNT.SUSPEND': ['account_change', 'Disable'],
  'ACCOUNT.SUSPENDED': ['account_change', 'Disable'],
  'ACCOUNT.RESTORED': ['account_change', 'Enable'],
  'ACTION.STARTED': ['account_change', 'Other'],
  'ACTION.RESOLVED': ['account_change', 'Other'],
  'ACTION.REQUESTED': asked,
  'ACTION.APPROVED': ['user_access', 'Assign Privileges'],
  'ACTION.REJECTED': asked,
  'ACTION.CANCELLED': asked,
  'ACTION.EXPIRED': ['user_access', 'Revoke Privileges'],
  'ACTION.VOIDED': ['user_access', 'Revoke Privileges'],
  'ACCOUNT.SUSPEND.REQUESTED': asked,
  'ACCOUNT.SUSPEND.APPROVED': ['user_access', 'Assign Privileges'],
  'ACCOUNT.SUSPEND.REJECTED': asked,
  'TENANT.SESSIONS.REVOKED': ['entity_management', 'Other'],
  'GATEWAY.REFUSED': request,
  'CONSOLE.OPENED': ['entity_management', 'Read'],
  'USER.SEARCHED': ['entity_management', 'Read'],
  'USER.FOUND': ['entity_management', 'Read'],
  'TENANT.OPENED': ['entity_management', 'Read'],
  'TENANT.USERS.LISTED': ['entity_management', 'Read'],
  'TENANT.DIRECTORY.SYNCED': ['entity_management', 'Update'],
  'AUDIT.READ': ['entity_management', 'Read'],
  'AUDIT.EXPORT.REQUESTED': ['entity_management', 'Read'],
  'AUDIT.EXPORTED': ['entity_management', 'Read'],
  'AUDIT.EXPORT.DOWNLOADED': ['entity_management', 'Read'],
  'LOG.TAMPER.SUSPECTED': ['entity_management', 'Other'],
  'LOG.TALLIED': ['entity_management', 'Other'],
  'CLOCK.JUMPED': ['entity_management', 'Other'],
  'AUTH.SIGNED_IN': ['authentication', 'Logon'],
  'AUTH.SIGNED_OUT': over,
  'AUTH.DENIED': ['authentication', 'Logon'],
  'AUTH.STEPPED_UP': ['authentication', 'Other'],
  'ACCESS.DENIED': request,
  'KEY.CREATED': ['entity_management', 'Create'],
  'KEY.REVOKED': ['entity_management', 'Delete'],
  'INGEST_KEY.CREATED': ['entity_management', 'Create'],
  'INGEST_KEY.FIRST_USED': ['entity_management', 'Other'],
  'INGEST_KEY.REVOKED': ['entity_management', 'Delete'],
  'STAFF.DISABLED': ['entity_management', 'Disable'],
  'STAFF.ENABLED': ['entity_management', 'Enable'],
  'STAFF.PASSKEY.ENROLLED': ['entity_management', 'Enroll'],
  'STAFF.PASSKEY.CONFIRMED': ['entity_management', 'Enable'],
  'STAFF.PASSKEY.REMOVED': ['entity_management', 'Unenroll'],
  'DELIVERY.REPLAYED': ['entity_management', 'Update'],
  'DELIVERY.TESTED': ['entity_management', 'Other'],
  'PERSONAL_DATA.ERASED': ['entity_management', 'Delete'],
  'LEGAL_HOLD.PLACED': ['entity_management', 'Create'],
  'LEGAL_HOLD.RELEASED': ['entity_management', 'Delete'],
}

const byMethod = new Map<string | undefined, keyof (typeof activities)['api_activity']>([
  ['GET', 'Read'],
  ['HEAD', 'Read'],
  ['POST', 'Create'],
  ['PUT', 'Update'],
  ['PATCH', 'Update'],
  ['DELETE', 'Delete'],
])

const severityIds: Record<Severity, number> = { informational: 1, low: 2, medium: 3, high: 4, critical: 5 }
const severityNames: Record<Severity, string> = {
  informational: 'Informational',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
}

const emailAddress = /^[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9\-.]+$/
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/

const emailIf = (text: string | undefined): string | undefined => (text !== undefined && emailAddress.test(text) ? text : undefined)

type Values = Record<string, unknown>

const userOf = ({ actor }: LoggedEvent): Values => {
  if (actor.kind === 'staff')
    return {
      uid: actor.id,
      uid_alt: actor.subject,
      domain: actor.issuer,
      name: actor.name,
      email_addr: emailIf(actor.email),
      type_id: 2,
      type: 'Admin',
    }
  if (actor.kind === 'tenant') return { uid: actor.id, org: { uid: actor.tenant_id }, type_id: 4, type: 'Service' }
  if (actor.kind === 'ingest') return { uid: actor.id, type_id: 4, type: 'Service' }
  if (actor.kind === 'operator') return { uid: actor.id, name: actor.id, type_id: 2, type: 'Admin' }
  if (actor.kind === 'system') return { uid: actor.id, name: actor.id, type_id: 3, type: 'System' }
  return { uid: actor.id, name: actor.id, type_id: 0, type: 'Unknown' }
}

/** Whom it was done to, as a user; whoever did it where that was nobody. */
const subjectOf = (event: LoggedEvent): Values => {
  const { target, tenant_id } = event
  if (target === undefined || target.kind === 'staff' || target.kind === 'key')
    return target ? { uid: target.id, name: target.label } : userOf(event)
  if (target.kind === 'user')
    return { uid: target.id, name: target.label, email_addr: emailIf(target.label), org: { uid: tenant_id }, type_id: 1, type: 'User' }
  if (target.kind === 'tenant') return { uid: target.id, name: target.label, org: { uid: target.id }, type_id: 99, type: 'Tenant' }
  return userOf(event)
}

const entityOf = (event: LoggedEvent): Values => {
  const { target, action } = event
  if (target === undefined) return { name: action.split('.')[0]?.toLowerCase(), type_id: 99, type: 'Other' }
  if (target.kind === 'user' || target.kind === 'staff')
    return { uid: target.id, name: target.label, type_id: 2, type: 'User', user: { uid: target.id, name: target.label } }
  if (target.kind === 'tenant')
    return { uid: target.id, name: target.label, type_id: 4, type: 'Organization', org: { uid: target.id, name: target.label } }
  return { uid: target.id, name: target.label, type_id: 99, type: target.kind }
}

const httpOf = ({ request, details }: LoggedEvent): Values => ({
  http_request: request && {
    uid: request.id,
    http_method: request.method,
    url: request.path === undefined ? undefined : { path: request.path },
  },
  http_response: request?.status === undefined ? undefined : { code: request.status, latency: wholeOf(request.duration_ms) },
  ...peerOf(details),
})

const wholeOf = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.round(value))

const peerOf = (details: LoggedEvent['details']): Values => {
  const peer = details && 'peer' in details && typeof details.peer === 'string' ? details.peer : undefined
  return peer !== undefined && ipv4.test(peer) ? { src_endpoint: { ip: peer } } : {}
}

/** What only sessions have. */
const sessionOf = (event: LoggedEvent): Values | undefined => {
  const details: Values = { ...event.details }
  if (event.session_id === undefined) return typeof details.sign_in === 'string' ? { uid: details.sign_in } : undefined
  const end = event.action.split('.').at(-1)
  return {
    uid: event.session_id,
    expiration_time: millisecondsOf(details.expires_at),
    expiration_reason: end === 'EXPIRED' || end === 'REVOKED' || end === 'ENDED' ? end.toLowerCase() : undefined,
  }
}

const privilegesOf = ({ details }: LoggedEvent): string[] => {
  const { scopes, action }: Values = { ...details }
  if (Array.isArray(scopes) && scopes.length > 0) return scopes
  return typeof action === 'string' ? [action] : ['support session']
}

/** What a class has besides what all have. */
const parts: Record<Class, (event: LoggedEvent) => Values> = {
  account_change: (event) => ({ user: subjectOf(event) }),
  authentication: (event) => ({
    user: subjectOf(event),
    session: sessionOf(event),
    service: { name: 'Countersign' },
    ...(event.action.startsWith('IMPERSONATE.') ? { account_switch_type_id: 2, account_switch_type: 'Impersonate' } : {}),
  }),
  authorize_session: (event) => ({ user: userOf(event), session: sessionOf(event), privileges: privilegesOf(event) }),
  entity_management: (event) => ({ entity: entityOf(event), comment: event.reason }),
  user_access: (event) => ({ user: subjectOf(event), privileges: privilegesOf(event), resource: { uid: event.tenant_id, type: 'tenant' } }),
  api_activity: (event) => ({
    api: {
      operation: event.request ? `${event.request.method} ${event.request.route ?? 'unknown route'}` : event.action,
      request: event.request && { uid: event.request.id },
      response: event.request?.status === undefined ? undefined : { code: event.request.status, error: event.code },
      service: { name: 'Countersign' },
    },
    src_endpoint: { svc_name: 'countersign' },
    resources: event.tenant_id === undefined ? undefined : [{ uid: event.tenant_id, type: 'tenant', role_id: 1, role: 'Target' }],
  }),
}

const hasHttp = (kind: Class): boolean => kind !== 'user_access'

/** An event in OCSF. What the schema has no place for is whole in `unmapped`, with the place and the leaf of the log. */
export const formatOcsf = ({ event, leaf, origin }: FeedRecord): Values => {
  const [kind, chosen] = kinds[event.action]
  const activity = chosen === 'by_method' ? (byMethod.get(event.request?.method) ?? 'Other') : chosen
  const activityId = (activities[kind] as Record<string, number>)[activity] as number
  const { uid, category, name } = classes[kind]
  const severity = severityOf(event)
  return compact({
    class_uid: uid,
    class_name: name,
    category_uid: category,
    category_name: categories[category],
    activity_id: activityId,
    activity_name: activityId === 99 ? event.action : activity,
    type_uid: uid * 100 + activityId,
    type_name: `${name}: ${activity}`,
    time: millisecondsOf(event.occurred_at),
    severity_id: severityIds[severity],
    severity: severityNames[severity],
    status_id: event.result === 'ok' ? 1 : 2,
    status: event.result === 'ok' ? 'Success' : 'Failure',
    status_code: event.code,
    status_detail: event.note,
    message: sentenceOf(event),
    actor: {
      user: userOf(event),
      session: event.session_id === undefined ? undefined : { uid: event.session_id },
      idp: event.actor.kind === 'staff' ? { name: event.actor.issuer, issuer: event.actor.issuer } : undefined,
    },
    ...parts[kind](event),
    ...(hasHttp(kind) ? httpOf(event) : {}),
    metadata: {
      version: ocsfVersion,
      product: { name: 'Countersign', vendor_name: 'Countersign', version: programVersion },
      uid: event.id,
      sequence: event.log_index,
      event_code: event.action,
      log_name: origin,
      original_time: event.occurred_at,
      tenant_uid: event.tenant_id,
      correlation_uid: event.session_id ?? event.request?.id,
    },
    unmapped: { countersign: { ...event, leaf_hash: leaf } },
  })
}
