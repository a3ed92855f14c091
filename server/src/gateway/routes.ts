import type { Config } from '../config.ts'
import { Trouble } from '../errors.ts'

type Declared = Pick<Config['gateway'], 'routes' | 'sinks'>

/** A route of the configuration, compiled. */
export type DeclaredRoute = {
  readonly method: string
  /** The pattern as declared, and the same as JSON text. */
  readonly pattern: string
  readonly pattern_json: string
  readonly scope: string
  readonly segments: readonly string[]
  /** Which parameter is the tenant, counted among the parameters. */
  readonly tenant_index: number | undefined
}

export type RouteTable = {
  find(method: string, path: string): { route: DeclaredRoute; parameters: readonly string[] } | undefined
  isSink(method: string, path: string): boolean
}

const segmentsOf = (path: string): string[] => (path === '/' ? [] : path.slice(1).split('/'))
const isParameter = (segment: string): boolean => segment.startsWith(':')
/** The pattern without the names of its parameters: two routes of one shape would match the same requests. */
const shapeOf = (segments: readonly string[]): string => segments.map((segment) => (isParameter(segment) ? ':' : segment)).join('/')

const compile = ({ method, path, scope, tenant }: Declared['routes'][number]): DeclaredRoute => {
  const segments = segmentsOf(path)
  const at = tenant === undefined ? -1 : segments.filter(isParameter).indexOf(tenant)
  return { method, pattern: path, pattern_json: JSON.stringify(path), scope, segments, tenant_index: at < 0 ? undefined : at }
}

/** Plain segments before parameters, from the left: the most particular route comes first, as in most routers. */
const byParticularity = (a: DeclaredRoute, b: DeclaredRoute): number => {
  for (let i = 0; i < a.segments.length; i++) {
    const difference = Number(isParameter(a.segments[i] as string)) - Number(isParameter(b.segments[i] as string))
    if (difference !== 0) return difference
  }
  return 0
}

const matches = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.every((expected, i) => (isParameter(expected) ? segments[i] !== '' : expected === segments[i]))

/** The most lenient reading of a path, for sinks alone: what any router behind us might take it for. */
const loosened = (path: string): string[] => {
  const plain = path.replace(/%([0-9A-F]{2})/g, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16))).toLowerCase()
  return segmentsOf(plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain)
}

/** Compiles the route table. Two routes of one method and shape are refused: which scope would count? */
export const compileRoutes = ({ routes, sinks }: Declared): RouteTable => {
  const exact = new Map<string, DeclaredRoute>()
  const patterns = new Map<string, DeclaredRoute[]>()
  const shapes = new Map<string, string>()
  for (const declared of routes) {
    const route = compile(declared)
    const shape = `${route.method} /${shapeOf(route.segments)}`
    const before = shapes.get(shape)
    if (before !== undefined) {
      throw new Trouble(
        `gateway.routes declares ${route.method} ${route.pattern} and ${before}, which match the same requests.`,
        'Keep one of them: each request must need one scope.',
      )
    }
    shapes.set(shape, route.pattern)
    if (!route.segments.some(isParameter)) exact.set(`${route.method} ${route.pattern}`, route)
    else {
      const key = `${route.method} ${route.segments.length}`
      patterns.set(key, [...(patterns.get(key) ?? []), route].sort(byParticularity))
    }
  }
  const blocked = sinks.map(({ method, path }) => ({
    method,
    segments: segmentsOf(path).map((s) => (isParameter(s) ? s : s.toLowerCase())),
  }))
  return {
    find: (method, path) => {
      const plain = exact.get(`${method} ${path}`)
      if (plain) return { route: plain, parameters: [] }
      const segments = segmentsOf(path)
      const route = patterns.get(`${method} ${segments.length}`)?.find((candidate) => matches(candidate.segments, segments))
      return route && { route, parameters: segments.filter((_, i) => isParameter(route.segments[i] as string)) }
    },
    isSink: (method, path) => {
      if (blocked.length === 0) return false
      const segments = loosened(path)
      const asked = method === 'HEAD' ? 'GET' : method
      return blocked.some((sink) => sink.method === asked && sink.segments.length === segments.length && matches(sink.segments, segments))
    },
  }
}
