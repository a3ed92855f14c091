import { Refusal } from '../errors.ts'
import { headerValues } from './raw-headers.ts'
import { hashSecret } from './secret.ts'

const isSecure = (publicUrl: string): boolean => publicUrl.startsWith('https:')

// `__Host-` keeps a sub-domain from setting our cookie. Browsers take it with TLS only, so loopback http has the plain name,
// with the port: cookies do not keep to one, and several instances may run on a machine.
const named = (publicUrl: string, name: string): string =>
  isSecure(publicUrl) ? `__Host-${name}` : `${name}-${new URL(publicUrl).port || 80}`
export const sessionCookie = (publicUrl: string): string => named(publicUrl, 'countersign')

const flowPrefix = 'countersign-sign-in-'
/** Of one sign-in: a person may begin several at once, in several tabs. */
export const flowCookie = (publicUrl: string, state: string): string =>
  named(publicUrl, `${flowPrefix}${hashSecret(state).toString('hex').slice(0, 16)}`)

const pairsOf = (rawHeaders: readonly string[]): string[] =>
  headerValues(rawHeaders, 'cookie')
    .flatMap((header) => header.split(';'))
    .map((pair) => pair.trim())

/** Names of the cookies of sign-ins that were begun in this browser, in its order: the oldest first. */
export const flowCookiesIn = (rawHeaders: readonly string[], publicUrl: string): string[] => {
  const [before = '', after = ''] = named(publicUrl, `${flowPrefix} `).split(' ')
  return pairsOf(rawHeaders)
    .map((pair) => pair.split('=', 1)[0] ?? '')
    .filter(
      (name) =>
        name.startsWith(before) && name.endsWith(after) && /^[0-9a-f]{16}$/.test(name.slice(before.length, name.length - after.length)),
    )
}

/** The value of a cookie. The same name twice is refused: which of the two is ours cannot be known (AN-11). */
export const findCookie = (rawHeaders: readonly string[], name: string): string | undefined => {
  const found = pairsOf(rawHeaders).filter((pair) => pair === name || pair.startsWith(`${name}=`))
  if (found.length > 1) throw new Refusal('duplicate_cookie')
  return found[0]?.slice(name.length + 1)
}

/** A Set-Cookie header. No `Max-Age` ends it with the browser; 0 takes it away. */
export const formatCookie = (
  publicUrl: string,
  name: string,
  value: string,
  options: { sameSite: 'Strict' | 'Lax'; maxAge?: number },
): string =>
  [
    `${name}=${value}`,
    'Path=/',
    'HttpOnly',
    `SameSite=${options.sameSite}`,
    ...(isSecure(publicUrl) ? ['Secure'] : []),
    ...(options.maxAge === undefined ? [] : [`Max-Age=${options.maxAge}`]),
  ].join('; ')
