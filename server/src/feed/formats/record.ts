import type { LoggedEvent } from '@countersign/contract/events.ts'

/** One entry of the log on its way out. */
export type FeedRecord = {
  event: LoggedEvent
  /** Hash of its leaf, lower-case hex. */
  leaf: string
  /** Name of the log, as in its checkpoints. */
  origin: string
}

/** How grave an event is, for formats that want to know. */
export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

const grave: Partial<Record<LoggedEvent['action'], Severity>> = {
  'LOG.TAMPER.SUSPECTED': 'critical',
  'CLOCK.JUMPED': 'high',
  'ACCOUNT.SUSPENDED': 'medium',
  'PASSKEY.RESET': 'medium',
  'TOTP.RESET': 'medium',
  'TENANT.SESSIONS.REVOKED': 'medium',
  'IMPERSONATE.STARTED': 'medium',
  'PERSONAL_DATA.ERASED': 'medium',
  'SUPPORT_SESSION.CREATED': 'low',
  'AUTH.DENIED': 'low',
}

/** A refusal or a failure is never less than medium, unless its event says so itself. */
export const severityOf = ({ action, result }: Pick<LoggedEvent, 'action' | 'result'>): Severity =>
  grave[action] ?? (result === 'ok' ? 'informational' : 'medium')

/** Milliseconds since 1970; undefined for what is no instant. */
export const millisecondsOf = (instant: unknown): number | undefined => {
  const at = typeof instant === 'string' ? Date.parse(instant) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

/** The sentence that a person reads first. */
export const sentenceOf = ({ action, result, note, target }: LoggedEvent): string =>
  [`${action} ${result}`, target && `${target.kind} ${target.label ?? target.id}`, note].filter(Boolean).join(': ')

/** A copy without members that are undefined, and without groups that hold nothing else. */
export const compact = <T extends object>(value: T): T => {
  const members = Object.entries(value).flatMap(([name, member]) => {
    const kept = member !== null && typeof member === 'object' && !Array.isArray(member) ? compact(member) : member
    const isEmpty = kept === undefined || (kept !== null && typeof kept === 'object' && Object.keys(kept).length === 0)
    return isEmpty ? [] : [[name, kept]]
  })
  return Object.fromEntries(members) as T
}
