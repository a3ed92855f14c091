import { Trouble } from '../errors.ts'

const parse = (url: string): URL => {
  try {
    return new URL(url)
  } catch (cause) {
    throw new Trouble('The address of the database is not a URL.', 'Write it as postgresql://user:password@host:5432/name.', cause)
  }
}

/** The same server and login, another database. */
export const withDatabase = (url: string, name: string): string => {
  const other = parse(url)
  other.pathname = `/${encodeURIComponent(name)}`
  return other.href
}

/** The same server and database, another login. */
export const withLogin = (url: string, user: string, password: string): string => {
  const other = parse(url)
  other.username = encodeURIComponent(user)
  other.password = encodeURIComponent(password)
  return other.href
}

/** Whose login it is, where the address says so. */
export const loginOf = (url: string): string => decodeURIComponent(parse(url).username)

/** The same login, but every session starts in `role`, and RESET ROLE comes back to it. */
export const withRole = (url: string, role: string): string => {
  const other = parse(url)
  other.searchParams.set('options', `${other.searchParams.get('options') ?? ''} -c role=${role}`.trim())
  return other.href
}

/** Where the database is, for people to read: never with the password. */
export const describeUrl = (url: string): string => {
  const { hostname, port, pathname, searchParams } = parse(url)
  const host = searchParams.get('host') ?? hostname
  const place = host.startsWith('/') ? host : `${host}:${searchParams.get('port') ?? (port || '5432')}`
  return `${decodeURIComponent(pathname.slice(1)) || 'the default database'} at ${place}`
}

const causes: Record<string, [string, string]> = {
  ECONNREFUSED: ['refuses connections', 'Start the server, or correct host and port in DATABASE_URL.'],
  ENOENT: ['is not there', 'Start the server, or correct the socket folder in DATABASE_URL.'],
  ENOTFOUND: ['has a host name that is not known', 'Correct the host in DATABASE_URL.'],
  '28P01': ['refuses the password', 'Correct user and password in DATABASE_URL.'],
  '28000': ['refuses this login', 'Allow it in pg_hba.conf, or correct the user in DATABASE_URL.'],
  '3D000': ['does not exist', 'Create it: CREATE DATABASE … OWNER …;'],
  '53300': ['has no connection left', 'Raise max_connections, or end what holds them.'],
  '57P03': ['is starting up or shutting down', 'Try again in a moment.'],
}

/** Why a first connection failed, in a sentence and with what to do. */
export const unreachable = (url: string, error: unknown): Trouble => {
  const inner = (error as { cause?: unknown }).cause ?? error
  const { code = '', message } = inner as { code?: string; message: string }
  const [what, hint] = causes[code] ?? [`cannot be reached: ${message}`, 'Check DATABASE_URL and the network between here and there.']
  return new Trouble(`The database ${describeUrl(url)} ${what}.`, hint, error)
}
