import type { Exchange } from './exchange.ts'

const sessionsMaximum = 10_000
const pathsMaximum = 500

/** What a session has asked for, by path, and when it did so last. */
type Asked = Map<string, number>

/** Takes the oldest out where there is no room for one more. */
const makeRoom = (map: Map<string, unknown>, maximum: number): void => {
  const oldest = map.size >= maximum ? map.keys().next().value : undefined
  if (oldest !== undefined) map.delete(oldest)
}

/** Sets the newest at the end, so that the oldest is the first. */
const refresh = <V>(map: Map<string, V>, key: string, value: V, maximum: number): void => {
  if (!map.delete(key)) makeRoom(map, maximum)
  map.set(key, value)
}

type Sent = Pick<Exchange, 'method' | 'path' | 'headers' | 'caller' | 'facts'>

/**
 * Whether a person did this, or a page by itself, for the idle limit of sessions: a request with the token; a navigation that the
 * browser says a person began, as a page may load itself again and again; one that is no GET or HEAD; or one for a path that the session
 * has not asked for within its idle time, as a page's polling repeats its paths.
 * What was asked is remembered by each instance for itself: a page that polls several of them counts once at each.
 */
export const newByPerson = ({ idleMs, now = () => performance.now() }: { idleMs: number; now?: () => number }) => {
  const sessions = new Map<string, Asked>()

  /** Whether the path is new to the session, which asks for it now. */
  const isNew = (sessionId: string, path: string): boolean => {
    const asked = sessions.get(sessionId) ?? new Map<string, number>()
    refresh(sessions, sessionId, asked, sessionsMaximum)
    const before = asked.get(path)
    refresh(asked, path, now(), pathsMaximum)
    return before === undefined || now() - before >= idleMs
  }

  return ({ method, path, headers, caller, facts }: Sent): boolean => {
    if (caller === 'bearer' || !facts) return true
    const isFirst = isNew(facts.id, path)
    return isFirst || (method !== 'GET' && method !== 'HEAD') || headers.get('sec-fetch-user') === '?1'
  }
}
