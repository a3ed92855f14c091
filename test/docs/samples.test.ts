import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runAssertionCheck } from '../../server/src/cli/assertion.ts'
import { loadKeys } from '../../server/src/keys.ts'

// Below node_modules, where the sample finds `jose` and nothing commits it.
const folder = new URL(`../../node_modules/.countersign-samples-${process.pid}/`, import.meta.url)
const keys = loadKeys(new URL('keys/', folder).pathname)
const scope = 'billing:read'
const tenant = 'ten_42'
const user = 'usr_7'

type Request = { method: string; url: string; headers: Headers }
type Verify = (request: Request, scope: string) => Promise<{ tenantId: string; userId: string }>

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The code of a page as its reader would use it, with their addresses in it. */
const loadSample = async (page: string, issuer: string): Promise<Record<string, unknown>> => {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const block = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code).find((code) => code.includes("from 'jose'")) ?? ''
  const plain = block
    .replace('constructor(readonly status: ', 'status = 0\n  constructor(status: ')
    .replace('super(message)', 'super(message)\n    this.status = status')
  const code = stripTypeScriptTypes(plain.replace('https://support.product.example', issuer))
  const file = new URL(`${page}-${Math.abs(Number(new URL(issuer).port))}.mjs`, folder)
  writeFileSync(file, code)
  return await import(/* @vite-ignore */ pathToFileURL(file.pathname).href)
}

const headersOf = (request: IncomingMessage): Headers => {
  const headers = new Headers()
  for (let at = 0; at < request.rawHeaders.length; at += 2) headers.append(request.rawHeaders[at] ?? '', request.rawHeaders[at + 1] ?? '')
  return headers
}

/** A product with one route, which believes whom the page's code believes. */
const startProduct = (verify: Verify, careless?: (status: number) => number): Server =>
  createServer(async (request, response) => {
    let status = 200
    try {
      const { tenantId, userId } = await verify(
        { method: request.method ?? '', url: request.url ?? '', headers: headersOf(request) },
        scope,
      )
      if (tenantId !== tenant || ![tenant, user].includes(userId)) status = 404
    } catch (error) {
      status = (error as { status: number }).status
    }
    response.writeHead(careless?.(status) ?? status).end()
  })

const jwks = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [keys.assertion.publicJwk] }))
})
const opened: Server[] = [jwks]
let issuer: string
beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  issuer = await listen(jwks)
})
afterAll(async () => {
  for (const server of opened) server.closeAllConnections()
  await Promise.all(opened.map((server) => new Promise((resolve) => server.close(resolve))))
  rmSync(folder, { recursive: true, force: true })
})

const check = async (server: Server, options: { user?: string } = { user }) => {
  opened.push(server)
  const url = `${await listen(server)}/v1/invoices?limit=1`
  let text = ''
  const write = (more: string) => (text += more)
  const code = await runAssertionCheck({ url, audience: 'product-api', issuer, keys, scope, tenant, ...options, json: true, write })
  return {
    code,
    ...(JSON.parse(text) as { failed: number; warnings: number; findings: { name: string; result: string; problem?: string }[] }),
  }
}
const namesOf = ({ findings }: Awaited<ReturnType<typeof check>>, result: string) =>
  findings.filter((finding) => finding.result === result).map(({ name }) => name)

it('the code of docs/gateway-assertion.md passes `assertion check`, with the statuses that the page asks for', async () => {
  const { verifyAssertion } = (await loadSample('gateway-assertion.md', issuer)) as { verifyAssertion: Verify }
  const result = await check(startProduct(verifyAssertion))
  expect(result.findings.filter((finding) => finding.result !== 'ok')).toEqual([])
  expect(result.code).toBe(0)
  expect(result.findings.length).toBeGreaterThan(20)
  expect((await check(startProduct(verifyAssertion), {})).code).toBe(0)
})

/** A product of one route around the page's Python. */
const pythonProduct = `
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Product(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            tenant, subject, _ = verify_assertion(self.command, self.path, self.headers.get_all('countersign-assertion') or [], '${scope}')
            status = 200 if tenant == '${tenant}' and subject in ('${tenant}', '${user}') else 404
        except Refused as refused:
            status = refused.status
        self.send_response(status)
        self.send_header('content-length', '0')
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(('127.0.0.1', 0), Product)
print(server.server_port, flush=True)
server.serve_forever()
`
const hasPython = spawnSync('python3', ['-c', 'import cryptography']).status === 0

it('the Python of docs/gateway-assertion.md passes `assertion check`, with the statuses that the page asks for', async ({ skip }) => {
  skip(!hasPython, 'there is no python3 with cryptography here')
  const page = readFileSync(new URL('../../docs/gateway-assertion.md', import.meta.url), 'utf8')
  const sample = /^```python\n(.*?)^```/ms.exec(page)?.[1] ?? ''
  const program = `${sample.replace('https://support.product.example', issuer)}\n${pythonProduct}`
  const product = spawn('python3', ['-c', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = (await once(product.stdout, 'data')) as [Buffer]
    const url = `http://127.0.0.1:${String(port).trim()}/v1/invoices?limit=1`
    let text = ''
    const write = (more: string) => (text += more)
    await runAssertionCheck({ url, audience: 'product-api', issuer, keys, scope, tenant, user, json: true, write })
    const { findings } = JSON.parse(text) as { findings: { name: string; result: string }[] }
    expect(findings.filter(({ result }) => result !== 'ok')).toEqual([])
    expect(findings.length).toBeGreaterThan(20)
  } finally {
    product.kill('SIGKILL')
  }
})

it('the code of both pages answers 503 while the keys cannot be read', async () => {
  const dead = 'http://127.0.0.1:9'
  const token = 'eyJhbGciOiJFZERTQSIsImtpZCI6IngifQ.e30.AAAA'
  const { verifyAssertion } = (await loadSample('gateway-assertion.md', dead)) as { verifyAssertion: Verify }
  const headers = new Headers({ 'countersign-assertion': token })
  await expect(verifyAssertion({ method: 'GET', url: '/', headers }, scope)).rejects.toMatchObject({ status: 503 })
  const { verifyCall } = (await loadSample('connector-protocol.md', dead)) as { verifyCall: (...call: unknown[]) => Promise<unknown> }
  await expect(verifyCall(`Bearer ${token}`, 'GET', '/', new Uint8Array())).rejects.toMatchObject({ status: 503 })
  await expect(verifyCall(undefined, 'GET', '/', new Uint8Array())).rejects.toMatchObject({ status: 401 })
})

const refused = (request: Request, status: number): never => {
  throw Object.assign(new Error(request.url), { status })
}
const claimsIn = ({ headers }: Request): Record<string, unknown> => {
  try {
    return JSON.parse(Buffer.from(headers.get('countersign-assertion')?.split('.')[1] ?? '', 'base64url').toString())
  } catch {
    return {}
  }
}

it.each<[string, (honest: Verify) => Verify, string[]]>([
  [
    'believes whatever is signed by nobody',
    () => async (request) => {
      const { tenant_id, sub } = claimsIn(request)
      return tenant_id === undefined ? refused(request, 401) : { tenantId: String(tenant_id), userId: String(sub) }
    },
    [
      'an unsigned one is refused',
      "another key's signature is refused",
      'an expired one is refused',
      'one that was used before is refused',
    ],
  ],
  [
    'lets a request without one in',
    (honest) => async (request, needed) =>
      request.headers.has('countersign-assertion') ? honest(request, needed) : { tenantId: tenant, userId: tenant },
    ['a request without one is refused'],
  ],
  [
    'does not look at the scope',
    (honest) => async (request) => honest(request, String(claimsIn(request).scope)),
    ['another scope is refused'],
  ],
  [
    'does not look at the target',
    (honest) => async (request, needed) => honest({ ...request, url: String(claimsIn(request).htu) }, needed),
    ['one for another path is refused', 'one for another query is refused'],
  ],
  [
    'does not look at the method',
    (honest) => async (request, needed) => honest({ ...request, method: String(claimsIn(request).htm) }, needed),
    ['one for another method is refused'],
  ],
  [
    'takes the first of two',
    (honest) => async (request, needed) => {
      const headers = new Headers({ 'countersign-assertion': request.headers.get('countersign-assertion')?.split(',')[0] ?? '' })
      return honest({ ...request, headers }, needed)
    },
    ['two assertions are refused'],
  ],
])('`assertion check` fails one that %s', async (_what, change, failed) => {
  const { verifyAssertion } = (await loadSample('gateway-assertion.md', issuer)) as { verifyAssertion: Verify }
  const result = await check(startProduct(change(verifyAssertion)))
  expect(result.code).toBe(1)
  expect(namesOf(result, 'failed')).toEqual(expect.arrayContaining(failed))
})

it('`assertion check` warns of another status, and stops where the good one is refused', async () => {
  const { verifyAssertion } = (await loadSample('gateway-assertion.md', issuer)) as { verifyAssertion: Verify }
  const vague = await check(startProduct(verifyAssertion, (status) => (status === 200 ? 200 : 400)))
  expect([vague.code, vague.failed]).toEqual([0, 0])
  expect(vague.warnings).toBeGreaterThan(10)
  const closed = await check(startProduct(async (request) => refused(request, 401)))
  expect(closed.code).toBe(1)
  expect(closed.findings.at(-1)?.name).toBe('a good assertion is accepted')
})
