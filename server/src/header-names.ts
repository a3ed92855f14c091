/** What the product is told of the caller's headers. Credentials, cookies and forwarding claims are not among them. */
export const forwardedAlways = [
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'prefer',
  'range',
  'traceparent',
  'tracestate',
  'user-agent',
] as const

/** What the product's answer may say in headers. Cookies, CORS, policies, hints and everything else stay behind. */
export const passedAlways = [
  'accept-ranges',
  'allow',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'preference-applied',
  'retry-after',
  'vary',
  'x-page',
  'x-per-page',
  'x-total',
  'x-total-count',
] as const

/** All that a caller can find on an answer: what passes by the configuration, what leads on, and what is ours. */
export const shownHeaders = (further: readonly string[]): string[] => [
  ...new Set([...passedAlways, ...further, 'countersign-request-id', 'countersign-withheld', 'link', 'location', 'x-request-id']),
]

const form = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
const ofOneConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'content-length',
  'expect',
  'host',
  'max-forwards',
])
const credentials = /auth|cookie|token|secret|passw|credential|api-?key|signature|session|csrf|xsrf/
const ours = /^(?:x-)?countersign-|^x-request-id$|^x-support-|^sec-|^proxy-/
const claims =
  /^(?:forwarded|via|x-forwarded-.*|x-real-ip|true-client-ip|client-ip|cf-.*|fastly-.*|x-envoy-.*|x-amzn?-.*|x-original-.*|x-rewrite-.*|x-http-method.*|x-method-override|x-middleware-.*|x-accel-.*|x-sendfile|x-tenant.*|x-actor|x-staff|x-user.*|x-remote-.*|remote-.*|origin|referer)$/
const policies =
  /^(?:access-control-.*|content-security-policy.*|cross-origin-.*|origin-agent-cluster|permissions-policy|feature-policy|referrer-policy|strict-transport-security|x-frame-options|x-content-type-options|x-xss-protection|x-permitted-.*|x-dns-prefetch-control|clear-site-data|service-worker.*|speculation-rules|supports-loading-mode|document-policy|nel|report-to|reporting-endpoints|alt-svc|alt-used|refresh|sourcemap|x-sourcemap|location|content-location|link|cache-control|expires|pragma|age|accept-ch|critical-ch|early-data|x-accel-.*|x-sendfile)$/

/** Why no header of this name is added to what goes either way; undefined where one may be. */
const complainOf = (name: string): string | undefined => {
  if (!form.test(name)) return 'is written in lower-case letters, digits and hyphens'
  if (ofOneConnection.has(name)) return 'belongs to one connection, or says how long a body is'
  if (credentials.test(name)) return 'could carry a credential'
  return ours.test(name) ? 'is ours, or a browser’s' : undefined
}

export const complainOfForwarding = (name: string): string | undefined =>
  complainOf(name) ?? (claims.test(name) ? 'claims who calls, from where, or what the request really is' : undefined)

export const complainOfPassing = (name: string): string | undefined =>
  complainOf(name) ?? (policies.test(name) ? 'would say what a browser may do, or where to go' : undefined)
