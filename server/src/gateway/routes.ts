import { defaultUpstream } from '@countersign/contract/views.ts'
import type { Config } from '../config.ts'
import { Trouble } from '../errors.ts'
import { type Pattern, parametersOf, parsePattern, type Segment, segmentsOf } from '../pattern.ts'
import { methods } from './checks/method.ts'

type Parameter = Extract<Segment, { parameter: string }>
type Declared = Pick<Config['gateway'], 'routes' | 'sinks' | 'start_page'>

/** A route of the configuration, compiled. */
export type DeclaredRoute = {
  readonly kind: 'request' | 'asset' | 'sse' | 'websocket'
  readonly method: string
  /** The pattern as declared, and the same as JSON text. */
  readonly pattern: string
  readonly pattern_json: string
  /** Null where it needs none: a static file. */
  readonly scope: string | null
  /** Which of the product's addresses serves it. */
  readonly upstream: string
  /** In a browser: what the product sets is kept for the session, and sent back. */
  readonly keeps_cookies: boolean
  readonly segments: readonly Segment[]
  /** Whatever its method, it only reads. */
  readonly reads?: boolean | undefined
  /** It takes forms, too. */
  readonly forms?: boolean | undefined
  /** Which parameter is the tenant, counted among the parameters. */
  readonly tenant_index: number | undefined
}

export type RouteTable = {
  find(method: string, path: string): { route: DeclaredRoute; parameters: readonly string[] } | undefined
  isSink(method: string, path: string): boolean
  /** Whether a path leads to this upstream: it does not where it is declared, for other upstreams only. */
  leadsTo(upstream: string, path: string): boolean
}

export const isParameter = (segment: Segment): segment is Parameter => 'parameter' in segment
/** The pattern without the names of its parameters: two routes of one shape would match the same requests. */
const shapeOf = (segments: readonly Segment[]): string =>
  segments.map((segment) => (isParameter(segment) ? `:${segment.verb}` : segment.text)).join('/')

const compile = ({
  method,
  path,
  scope,
  upstream = defaultUpstream,
  tenant,
  cookies,
  stream,
  reads,
  forms,
}: Declared['routes'][number]): DeclaredRoute => {
  const pattern = parsePattern(path)
  const at = tenant === undefined ? -1 : parametersOf(pattern).indexOf(tenant)
  const { segments } = pattern
  return {
    kind: stream ?? 'request',
    method,
    pattern: path,
    pattern_json: JSON.stringify(path),
    scope,
    upstream,
    keeps_cookies: cookies === 'kept',
    segments,
    reads,
    forms,
    tenant_index: at < 0 ? undefined : at,
  }
}

/** Plain segments before parameters, from the left: the most particular route comes first, as in most routers. */
const byParticularity = (a: DeclaredRoute, b: DeclaredRoute): number => {
  for (let i = 0; i < a.segments.length; i++) {
    const difference = Number(isParameter(a.segments[i] as Segment)) - Number(isParameter(b.segments[i] as Segment))
    if (difference !== 0) return difference
  }
  return 0
}

/** What a parameter stands for in this segment. Never with a colon, however it is written: what follows one is a verb of its own. */
const takeValue = ({ verb }: Parameter, written: string): string | undefined => {
  if (!written.endsWith(verb)) return undefined
  const value = written.slice(0, written.length - verb.length)
  return value === '' || value.includes(':') || /%3a/i.test(value) ? undefined : value
}

export const matches = (pattern: readonly Segment[], segments: readonly string[]): boolean =>
  pattern.every((expected, i) => {
    const written = segments[i] as string
    return isParameter(expected) ? takeValue(expected, written) !== undefined : expected.text === written
  })

const parametersIn = ({ segments }: DeclaredRoute, written: readonly string[]): string[] =>
  segments.flatMap((segment, i) => (isParameter(segment) ? [takeValue(segment, written[i] as string) as string] : []))

/** Letters without what looks the same: other widths, invisible characters, cases that some languages have. */
const foldText = (path: string): string =>
  decodeURIComponent(path)
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toUpperCase()
    .toLowerCase()

/** The most lenient reading of a path, for sinks alone: what any router behind us might take it for. */
const loosened = (path: string): string[] => {
  const plain = path.includes('%') ? foldText(path) : path.toLowerCase()
  return segmentsOf(plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain)
}

/** A sink as it is compared with a loosened path. */
const loosenedPattern = (path: string): Pattern => {
  const { segments, below } = parsePattern(path)
  const plain = path.endsWith('/') ? segments.slice(0, -1) : segments
  return {
    below,
    segments: plain.map((segment) =>
      isParameter(segment) ? { ...segment, verb: segment.verb.toLowerCase() } : { text: segment.text.toLowerCase() },
    ),
  }
}

const reaches = ({ segments, below }: Pattern, path: readonly string[]): boolean =>
  below ? path.length >= segments.length : path.length === segments.length

/** Compiles the route table. Two routes of one method and shape are refused: which scope would count? */
export const compileRoutes = ({ routes, sinks, start_page }: Declared): RouteTable => {
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
  const blocked = sinks.map(({ method, path }) => ({ method, ...loosenedPattern(path) }))
  const find: RouteTable['find'] = (method, path) => {
    const plain = exact.get(`${method} ${path}`)
    if (plain) return { route: plain, parameters: [] }
    const segments = segmentsOf(path)
    const route = patterns.get(`${method} ${segments.length}`)?.find((candidate) => matches(candidate.segments, segments))
    return route && { route, parameters: parametersIn(route, segments) }
  }
  if (start_page !== undefined && find('GET', start_page.split('?', 1)[0] as string)?.route.kind !== 'request')
    throw new Trouble(`gateway.start_page is ${start_page}: no page is declared there.`, 'Name one that a GET in gateway.routes serves.')
  return {
    find,
    leadsTo: (upstream, path) => {
      const found = [...methods].flatMap((method) => find(method, path)?.route.upstream ?? [])
      return found.length === 0 || found.includes(upstream)
    },
    isSink: (method, path) => {
      if (blocked.length === 0) return false
      const segments = loosened(path)
      const asked = method === 'HEAD' ? 'GET' : method
      return blocked.some((sink) => sink.method === asked && reaches(sink, segments) && matches(sink.segments, segments))
    },
  }
}
