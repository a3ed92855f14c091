import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import { defaultUpstream } from '@countersign/contract/views.ts'

type Entry = ScopeCatalogue['scopes'][number]
export type Route = Entry['routes'][number] & { scope: string }

export const routesOf = ({ scopes }: ScopeCatalogue): Route[] =>
  scopes.flatMap(({ scope, routes }) => routes.map((route) => ({ ...route, scope })))

const parameter = /^:[a-z][a-z0-9_]*(:[A-Za-z0-9._~-]+)?$/

const fits = (pattern: string, written: string): boolean => {
  const [isParameter, verb = ''] = parameter.exec(pattern) ?? []
  if (!isParameter) return pattern === written
  const value = written.endsWith(verb) ? written.slice(0, written.length - verb.length) : ''
  return value !== '' && !/:|%3a/i.test(value)
}

const matches = (pattern: readonly string[], written: readonly string[]): boolean =>
  pattern.length === written.length && pattern.every((segment, at) => fits(segment, written[at] ?? ''))

const countParameters = (path: string) => path.split('/').filter((segment) => segment.startsWith(':')).length

/** The declared route that a request would take, as far as can be told here: the gateway decides. */
export const findRoute = (catalogue: ScopeCatalogue, method: string, target: string): Route | undefined => {
  const written = (target.split('?', 1)[0] ?? '').split('/')
  return routesOf(catalogue)
    .filter((route) => route.method === method && matches(route.path.split('/'), written))
    .sort((a, b) => countParameters(a.path) - countParameters(b.path))[0]
}

/** A path, and the upstream that it belongs to. */
export type Placed = { path: string; upstream: string }

export const placeOf = (catalogue: ScopeCatalogue, path: string): Placed => ({
  path,
  upstream: findRoute(catalogue, 'GET', path)?.upstream ?? defaultUpstream,
})

/** The declared route of a row of the access log. */
export const routeNamed = (catalogue: ScopeCatalogue | undefined, method: string, pattern: string | null): Route | undefined =>
  catalogue && pattern !== null ? routesOf(catalogue).find((route) => route.method === method && route.path === pattern) : undefined
