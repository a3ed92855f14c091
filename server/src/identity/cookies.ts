import { Refusal } from '../errors.ts'
import { headerValues } from './raw-headers.ts'

const isSecure = (publicUrl: string): boolean => publicUrl.startsWith('https:')

// `__Host-` keeps a sub-domain from setting our cookie. Browsers take it with TLS only, so loopback http has the plain name,
// with the port: cookies do not keep to one, and several instances may run on a machine.
const named = (publicUrl: string, name: string): string =>
  isSecure(publicUrl) ? `__Host-${name}` : `${name}-${new URL(publicUrl).port || 80}`
export const sessionCookie = (publicUrl: string): string => named(publicUrl, 'countersign')
export const flowCookie = (publicUrl: string): string => named(publicUrl, 'countersign-sign-in')

/** The value of a cookie. The same name twice is refused: which of the two is ours cannot be known (AN-11). */
export const findCookie = (rawHeaders: readonly string[], name: string): string | undefined => {
  const found = headerValues(rawHeaders, 'cookie')
    .flatMap((header) => header.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair === name || pair.startsWith(`${name}=`))
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
