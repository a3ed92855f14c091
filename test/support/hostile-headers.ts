/** What a product that means harm says in headers. None of it reaches a caller: where such a name is on an answer, its value is ours. */
export const hostileHeaders: Record<string, string | string[]> = {
  'set-cookie': ['a=1', 'b=2; Domain=view.example'],
  'clear-site-data': '"*"',
  'access-control-allow-origin': '*',
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': '*',
  'service-worker-allowed': '/',
  refresh: '0;url=https://evil.example',
  link: '<https://evil.example>; rel=preload',
  nel: '{}',
  'report-to': '{}',
  'reporting-endpoints': 'x="https://evil.example"',
  'content-security-policy': 'default-src *',
  'content-security-policy-report-only': 'default-src *',
  'strict-transport-security': 'max-age=0',
  'x-frame-options': 'ALLOWALL',
  'x-content-type-options': 'sniff',
  'alt-svc': 'h3=":443"',
  'cache-control': 'public, max-age=9999',
  'countersign-request-id': 'req_forged',
  'x-request-id': 'req_forged',
  'countersign-promise': 'aGVsbG8=',
  'cross-origin-opener-policy': 'unsafe-none',
  'cross-origin-embedder-policy': 'unsafe-none',
  'cross-origin-resource-policy': 'any',
  'origin-agent-cluster': '?0',
  'referrer-policy': 'unsafe-url',
  'permissions-policy': 'camera=*',
  'document-policy': 'x',
  'supports-loading-mode': 'credentialed-prerender',
  'speculation-rules': '"/x.json"',
  sourcemap: 'https://evil.example/x.map',
  server: 'product/1.0',
  connection: 'X-Content-Type-Options, close',
}

/** Names of the list that are on an answer, but for those that are ours there; with what the product said, if it got through. */
export const leaked = (headers: ReadonlyMap<string, string>, ours: readonly string[]): string[] =>
  Object.entries(hostileHeaders)
    .filter(([name, value]) => (ours.includes(name) ? headers.get(name) === value : headers.has(name)))
    .map(([name]) => name)
