import type { Session } from '@countersign/contract/sessions.ts'

type Limits = Pick<Session, 'expires_at' | 'idle_at'>

/** Which limit of a running session comes first: its end, or that nobody does anything in it. */
export const nearestLimit = ({ expires_at, idle_at }: Limits): { at: string; by: 'time' | 'idle' } =>
  Date.parse(idle_at) < Date.parse(expires_at) ? { at: idle_at, by: 'idle' } : { at: expires_at, by: 'time' }

/** By how many whole minutes a session may still be extended, with `most` from its opening. */
export const extendable = ({ issued_at, expires_at }: Pick<Session, 'issued_at' | 'expires_at'>, most: number): number =>
  Math.max(0, Math.floor((Date.parse(issued_at) + most * 60_000 - Date.parse(expires_at)) / 60_000))
