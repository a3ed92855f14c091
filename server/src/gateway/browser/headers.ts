import { defaultUpstream, viewSandbox } from '@countersign/contract/views.ts'
import type { Labels, Place } from '../../labels.ts'

/** The door for browsers: where its origins are, and who may frame them. */
export type Browsers = {
  labels: Labels
  /** Names of the upstreams besides the default one. */
  upstreams: readonly string[]
  /** Other origins that pages may load files from, such as a CDN. They are sent nothing but the request for the file. */
  sources: readonly string[]
  /** The console's origin: it alone may frame a view. */
  console: string
  /** Names of headers that a page of one upstream may read on answers of another. */
  exposed: readonly string[]
}

/** Every origin of the view that a label stands for. */
export const sistersOf = ({ labels, upstreams }: Browsers, { label }: Place): string[] =>
  [defaultUpstream, ...upstreams].map((upstream) => labels.originOf({ label, upstream }))

/**
 * What a page of the product may do: everything with itself and its sister origins, nothing with any other. Its own scripts go on
 * working as they are written, so they are not judged one by one.
 */
const policyOf = (browsers: Browsers, place: Place): string => {
  const own = sistersOf(browsers, place).join(' ')
  const files = [own, ...browsers.sources].join(' ')
  const sockets = own.replaceAll(/\bhttp(s?):/g, 'ws$1:')
  return [
    `default-src ${own} data: blob:`,
    ...['img', 'font', 'media'].map((kind) => `${kind}-src ${files} data: blob:`),
    `script-src ${files} 'unsafe-inline' 'unsafe-eval' blob:`,
    `style-src ${files} 'unsafe-inline'`,
    `connect-src ${own} ${sockets}`,
    `frame-src ${own}`,
    `form-action ${own}`,
    `base-uri ${own}`,
    "object-src 'none'",
    `frame-ancestors ${browsers.console} ${own}`,
    `sandbox ${viewSandbox}`,
  ].join('; ')
}

type Sources = { script?: string; style?: string; connect?: "'self'" }

/** A page of ours inside the frame: no more than its one script and its one style. */
const ownPolicyOf = (browsers: Browsers, sources: Sources): string =>
  [
    "default-src 'none'",
    ...(sources.script === undefined ? [] : [`script-src '${sources.script}'`]),
    ...(sources.style === undefined ? [] : [`style-src '${sources.style}'`]),
    ...(sources.connect === undefined ? [] : [`connect-src ${sources.connect}`]),
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${browsers.console}`,
    `sandbox ${viewSandbox}`,
  ].join('; ')

const fixed = [
  ['x-content-type-options', 'nosniff'],
  // The console asks both of what it frames.
  ['cross-origin-embedder-policy', 'require-corp'],
  ['cross-origin-resource-policy', 'cross-origin'],
  // A page cannot make itself one with a sister by document.domain.
  ['origin-agent-cluster', '?1'],
  // Which origin a request comes from is how a sister is known (checks/site.ts). Paths are nobody else's business.
  ['referrer-policy', 'strict-origin'],
  ['x-dns-prefetch-control', 'off'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=(), display-capture=(), fullscreen=()'],
].flat()

const commonHeaders = (requestId: string, secure: boolean, caching = 'no-store'): string[] => [
  ...fixed,
  'cache-control',
  caching,
  'x-request-id',
  requestId,
  'countersign-request-id',
  requestId,
  ...(secure ? ['strict-transport-security', 'max-age=31536000; includeSubDomains'] : []),
]

type Answered = { id: string; place: Place; secure: boolean; sister: string | undefined; caching?: string | undefined }

/** Headers that a script of a sister origin needs to read an answer. It reads what one of the same origin does. */
const sharedWith = ({ exposed }: Browsers, origin: string): string[] => [
  ...['access-control-allow-origin', origin],
  ...['access-control-allow-credentials', 'true'],
  ...['access-control-expose-headers', exposed.join(', ')],
]

/** Headers of every answer of the product in a browser. */
export const viewHeaders = (browsers: Browsers, { id, place, secure, sister, caching }: Answered): string[] => [
  ...commonHeaders(id, secure, caching),
  'content-security-policy',
  policyOf(browsers, place),
  ...(sister === undefined ? [] : sharedWith(browsers, sister)),
]

/** Headers of a page of ours. */
export const pageHeaders = (browsers: Browsers, { id, secure }: Pick<Answered, 'id' | 'secure'>, sources: Sources): string[] => [
  ...commonHeaders(id, secure),
  'content-security-policy',
  ownPolicyOf(browsers, sources),
]
