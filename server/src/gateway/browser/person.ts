import type { Exchange } from '../exchange.ts'

/** A page that polls repeats its paths within this time. */
const repeatMs = 600_000
const sessionsMaximum = 5_000
const pathsMaximum = 500

type Seen = Map<string, number>

const remember = <V>(map: Map<string, V>, key: string, value: V, maximum: number): void => {
  map.delete(key)
  const oldest = map.size >= maximum ? map.keys().next().value : undefined
  if (oldest !== undefined) map.delete(oldest)
  map.set(key, value)
}

/**
 * Tells what a person did from what a page does by itself: a page that was gone to, a request that may change something, or a path that
 * the session has not asked for lately.
 */
export const newPersonSense = (now: () => number = () => performance.now()) => {
  const sessions = new Map<string, Seen>()
  return ({ facts, headers, method, target }: Exchange): boolean => {
    if (!facts) return false
    const seen = sessions.get(facts.id) ?? new Map<string, number>()
    remember(sessions, facts.id, seen, sessionsMaximum)
    const before = seen.get(target)
    remember(seen, target, now(), pathsMaximum)
    if (headers.get('sec-fetch-mode') === 'navigate' || (method !== 'GET' && method !== 'HEAD')) return true
    return before === undefined || now() - before >= repeatMs
  }
}
