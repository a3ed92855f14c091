import { defaultUpstream } from '@countersign/contract/views.ts'
import type { Config } from '../../config.ts'
import { Trouble } from '../../errors.ts'
import { type Pattern, parsePattern, type Segment, segmentsOf } from '../../pattern.ts'
import { type DeclaredRoute, isParameter, matches, type RouteTable } from '../routes.ts'

type Declared = Pick<Config['gateway'], 'routes' | 'assets'>
type Asset = { route: DeclaredRoute; pattern: Pattern }

const compile = ({ path, upstream = defaultUpstream }: Declared['assets'][number]): Asset => {
  const pattern = parsePattern(path)
  const { segments } = pattern
  const route = {
    kind: 'asset',
    method: 'GET',
    pattern: path,
    pattern_json: JSON.stringify(path),
    scope: null,
    keeps_cookies: false,
    upstream,
    segments,
  } as const
  return { route: { ...route, tenant_index: undefined }, pattern }
}

const isVerb = (written: string): boolean => /:|%3a/i.test(written)

/** Below `**` each segment is a name: none is empty, and none has a colon, after which other routers see a verb. */
const isBelow = (written: readonly string[]): boolean =>
  written.length > 0 && written.every((segment) => segment !== '' && !isVerb(segment))

const fits = ({ segments, below }: Pattern, written: readonly string[]): boolean => {
  if (!below) return written.length === segments.length && matches(segments, written)
  return written.length > segments.length && matches(segments, written) && isBelow(written.slice(segments.length))
}

const mayBeOne = (a: Segment, b: Segment): boolean => isParameter(a) || isParameter(b) || a.text === b.text

/** Whether some path is both below the pattern and the route's. */
const overlap = ({ segments, below }: Pattern, route: readonly Segment[]): boolean =>
  (below ? route.length > segments.length : route.length === segments.length) &&
  segments.every((segment, at) => mayBeOne(segment, route[at] as Segment))

/**
 * Adds the product's static files to a route table: GET and HEAD, without a scope. A declared route below them is refused: would
 * its scope be needed or not?
 */
export const addAssets = (table: RouteTable, { routes, assets }: Declared): RouteTable => {
  const known = assets.map(compile)
  for (const { method, path } of routes) {
    if (method !== 'GET' && method !== 'HEAD') continue
    const found = known.find(({ pattern }) => overlap(pattern, parsePattern(path).segments))
    if (!found) continue
    throw new Trouble(
      `gateway.routes declares ${method} ${path}, which gateway.assets ${found.route.pattern} opens without a scope.`,
      'Static files need a folder that holds nothing else.',
    )
  }
  const findAsset: RouteTable['find'] = (method, path) => {
    if (method !== 'GET' && method !== 'HEAD') return undefined
    const written = segmentsOf(path)
    const found = known.find(({ pattern }) => fits(pattern, written))
    return found && { route: found.route, parameters: [] }
  }
  if (known.length === 0) return table
  return {
    ...table,
    find: (method, path) => table.find(method, path) ?? findAsset(method, path),
    leadsTo: (upstream, path) => {
      const asset = findAsset('GET', path)?.route
      return asset ? asset.upstream === upstream : table.leadsTo(upstream, path)
    },
  }
}
