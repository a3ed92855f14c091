import type { Switches } from './switches.ts'

/** A tenant as far as its made-up traffic goes. */
export type Subject = { id: string; people: number }

export type Counted = {
  calls: number
  errors: number
  routes?: { method: string; route: string; status: number; calls: number; errors: number }[]
  latency?: { upper_ms: number | null; calls: number }[]
}

export const blockMs = 5 * 60_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs

type Kind = 'busy' | 'failing' | 'silent' | 'degraded' | 'fading' | 'rare'

const known: Record<string, Kind> = {
  ten_globex: 'busy',
  ten_initech: 'busy',
  ten_umbrella: 'degraded',
  ten_hooli: 'fading',
  ten_stark: 'busy',
  ten_wayne: 'busy',
  ten_soylent: 'rare',
}

/** In [0, 1), and always the same for the same text: what is sent again says the same. */
const draw = (text: string): number => {
  let hash = 0x811c9dc5
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) / 4294967296
}

export function kindOf(id: string): Kind {
  const at = draw(`kind of ${id}`)
  if (known[id]) return known[id]
  if (at < 0.07) return 'failing'
  if (at < 0.13) return 'silent'
  if (at < 0.24) return 'degraded'
  if (at < 0.34) return 'fading'
  return at < 0.42 ? 'rare' : 'busy'
}

const errorShares: Record<Kind, number> = { busy: 0.004, failing: 0.16, silent: 0.004, degraded: 0.035, fading: 0.004, rare: 0 }
const switchedShare = 0.4
/** For how long the errors that were switched on have been there. */
const switchedMs = 12 * hourMs

/** Days are busier than nights. */
const daylight = (at: number): number => 1 - 0.7 * Math.cos((2 * Math.PI * (at % dayMs)) / dayMs)

/** Calls an hour, before chance. */
function paceOf(subject: Subject, kind: Kind, at: number, now: number): number {
  const usual = Math.max(6, subject.people * 1.5) * daylight(at)
  if (kind === 'rare') return 0.06
  if (kind === 'silent') return at < now - (1.2 + 5 * draw(`silence of ${subject.id}`)) * dayMs ? usual : 0
  return kind === 'fading' && at >= now - dayMs ? usual * 0.3 : usual
}

const round = (mean: number, text: string): number => Math.floor(mean + draw(text))

const failures = [
  ['POST', '/v1/exports', 503],
  ['GET', '/v1/attestations', 500],
] as const

const slow = [
  [25, 0.35],
  [50, 0.3],
  [100, 0.2],
  [250, 0.1],
  [1_000, 0.04],
] as const

function latencyOf(calls: number): NonNullable<Counted['latency']> {
  const buckets = slow.map(([upper_ms, share]) => ({ upper_ms: upper_ms as number | null, calls: Math.floor(calls * share) }))
  return [...buckets, { upper_ms: null, calls: calls - buckets.reduce((sum, bucket) => sum + bucket.calls, 0) }]
}

/** What a tenant's made-up people call from `at` on for `ms`, as it is known at `now`: later, and after a switch, it is another. */
export function madeUp(subject: Subject, { at, ms, now, switches }: { at: number; ms: number; now: number; switches: Switches }): Counted {
  const { id } = subject
  const isToday = at >= now - 27 * hourMs
  if (isToday && switches.isStopped(id)) return { calls: 0, errors: 0 }
  const kind = kindOf(id)
  const elapsed = Math.min(ms, Math.max(0, now - at))
  const calls = round((paceOf(subject, kind, at, now) * elapsed) / hourMs, `${id} ${at} calls`)
  const share = switches.isFailing(id) && at >= now - switchedMs ? switchedShare : errorShares[kind]
  const errors = Math.min(calls, round(calls * share, `${id} ${at} errors`))
  const first = Math.ceil(errors * 0.8)
  const routes = failures
    .map(([method, route, status], n) => ({
      method,
      route,
      status,
      calls: n === 0 ? first : errors - first,
      errors: n === 0 ? first : errors - first,
    }))
    .filter((route) => route.calls > 0)
  return { calls, errors, ...(routes.length > 0 ? { routes } : {}), ...(calls > 0 && ms === blockMs ? { latency: latencyOf(calls) } : {}) }
}
