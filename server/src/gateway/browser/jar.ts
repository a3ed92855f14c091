import { CookieJar } from 'tough-cookie'

/** The product's cookies of one session. The browser never has them. */
type Jar = { cookies: CookieJar; untilMs: number }

export type Jars = {
  /** Keeps what an answer of the product sets, as long as the session lasts. */
  keep(sessionId: string, url: string, lines: readonly string[], untilMs: number): void
  /** What the product is to be sent, where there is anything. */
  find(sessionId: string, url: string): string | undefined
  drop(sessionId: string): void
  close(): void
}

const jarsMaximum = 2_000
const cookiesMaximum = 50
const cookieBytesMaximum = 4_096
const sweepMs = 60_000

/** Of a cookie that names a domain which is not that of the upstream as we call it: its own host alone. */
const withoutDomain = (line: string): string => line.replace(/;\s*domain\s*=[^;]*/gi, '')

const keepOne = (jar: CookieJar, line: string, url: string): void => {
  if (line.length > cookieBytesMaximum) return
  const kept = jar.setCookieSync(line, url, { ignoreError: true }) ?? jar.setCookieSync(withoutDomain(line), url, { ignoreError: true })
  // One that was there already, by name, host and path, may change; what does not fit is not kept.
  const isFull = (jar.serializeSync()?.cookies.length ?? 0) > cookiesMaximum
  if (kept && isFull) void jar.store.removeCookie(kept.domain, kept.path, kept.key)
}

/** An upstream is reached within the vendor's own network: what it marks as Secure is sent to it all the same. */
const secureUrl = (url: string): string => url.replace(/^http:/, 'https:')

/**
 * A jar for each session, by RFC 6265: bounded in number and size, in memory, gone with the session. A jar that is not there any more is
 * an empty one.
 */
export const newJars = (now: () => number = () => performance.now()): Jars => {
  const jars = new Map<string, Jar>()
  const sweep = setInterval(() => {
    for (const [sessionId, { untilMs }] of jars) if (untilMs <= now()) jars.delete(sessionId)
  }, sweepMs)
  sweep.unref()
  const open = (sessionId: string, untilMs: number): Jar => {
    const oldest = jars.size >= jarsMaximum ? jars.keys().next().value : undefined
    if (oldest !== undefined) jars.delete(oldest)
    const jar = { cookies: new CookieJar(undefined, { prefixSecurity: 'strict', looseMode: false }), untilMs }
    jars.set(sessionId, jar)
    return jar
  }
  return {
    keep: (sessionId, url, lines, untilMs) => {
      const { cookies } = jars.get(sessionId) ?? open(sessionId, untilMs)
      for (const line of lines) keepOne(cookies, line, secureUrl(url))
    },
    find: (sessionId, url) => {
      const jar = jars.get(sessionId)
      if (!jar || jar.untilMs <= now()) return undefined
      return jar.cookies.getCookieStringSync(secureUrl(url)) || undefined
    },
    drop: (sessionId) => void jars.delete(sessionId),
    close: () => clearInterval(sweep),
  }
}
