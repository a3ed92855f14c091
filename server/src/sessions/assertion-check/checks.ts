import { Advice, type CheckOf, Fault } from '../../outbound/check.ts'
import type { Probe } from './probe.ts'

type Check = CheckOf<Probe, undefined>

const isGood = (status: number): boolean => status >= 200 && status < 300

/** The page names one status for each refusal; another refusal is safe, and tells people less. */
const requireStatus = (status: number, wanted: number, what = 'it'): string => {
  if (status === wanted) return `${status}`
  if (status >= 400 && status < 500) throw new Advice(`${what} was refused with ${status}; the page asks for ${wanted}`)
  throw new Fault(`${what} was answered with ${status}; ${wanted} is expected`)
}

type Change = (claims: Record<string, unknown>, probe: Probe) => Record<string, unknown>

/** A request whose assertion differs from a good one in these claims alone. */
const refuses = (name: string, hint: string, change: Change, wanted = 401): Check => ({
  name,
  hint,
  run: async (probe) => {
    const claims = probe.claims()
    return requireStatus(await probe.sendAssertion(probe.sign({ ...claims, ...change(claims, probe) })), wanted)
  },
})

const now = () => Math.floor(Date.now() / 1000)

/** Whom a product believes, and what it then lets be done. */
export const checks: Check[] = [
  {
    name: 'reachable',
    hint: 'Start the product, and give the whole address of a route that reads.',
    needed: true,
    run: async (probe) => `answers with ${await probe.send({})}`,
  },
  {
    name: 'a good assertion is accepted',
    hint: 'Let it trust the keys at <console address>/.well-known/jwks.json, that address as `iss`, and gateway.upstream_audience. The program must be running; --scope, --tenant and --user are what the route and the product know.',
    needed: true,
    run: async (probe) => {
      const status = await probe.sendAssertion(probe.sign(probe.claims()))
      if (!isGood(status)) throw new Fault(`it was answered with ${status}`)
      return `${status}`
    },
  },
  {
    name: 'a request without one is refused',
    hint: 'Answer 401 where there is neither an assertion nor a sign-in of your own.',
    run: async (probe) => requireStatus(await probe.send({}), 401),
  },
  ...[
    ['an empty assertion', ''],
    ['one that is no JWT', 'good'],
    ['one with a fourth part', 'a.b.c.d'],
  ].map(
    ([name = '', assertion = '']): Check => ({
      name: `${name} is refused`,
      hint: 'Judge a request that carries the header by it alone: three parts of base64url, or 401.',
      run: async (probe) => requireStatus(await probe.sendAssertion(assertion), 401),
    }),
  ),
  {
    name: 'two assertions are refused',
    hint: 'Refuse what carries the header twice: your parser takes one of them, and another program the other.',
    run: async (probe) => {
      const both = [probe.sign(probe.claims()), probe.sign(probe.claims())]
      return requireStatus(await probe.send({ 'countersign-assertion': both }), 401)
    },
  },
  {
    name: 'an unsigned one is refused',
    hint: 'Allow the algorithm EdDSA alone; never `none`.',
    run: async (probe) => requireStatus(await probe.sendAssertion(probe.unsigned(probe.claims())), 401),
  },
  {
    name: "another key's signature is refused",
    hint: 'Verify the signature with the published key of that `kid`.',
    run: async (probe) => requireStatus(await probe.sendAssertion(probe.signAsStranger(probe.claims())), 401),
  },
  {
    name: 'a key that is not published is refused',
    hint: 'Answer 401 to a `kid` that is not among the keys. 503 is for keys that cannot be read.',
    run: async (probe) => requireStatus(await probe.sendAssertion(probe.signAsUnknown(probe.claims())), 401),
  },
  refuses("another issuer's is refused", 'Compare `iss` with the console address.', () => ({ iss: 'https://issuer.invalid' })),
  refuses('one for another audience is refused', 'Compare `aud` with your own audience.', () => ({ aud: 'another-audience' })),
  refuses('an expired one is refused', 'Compare `exp` with the clock; allow five seconds, not minutes.', () => ({
    iat: now() - 45,
    exp: now() - 15,
  })),
  refuses('one without an end is refused', 'Require `exp`.', () => ({ exp: undefined })),
  refuses('one that lives for a day is refused', 'Refuse what lives longer than 60 seconds from `iat` to `exp`.', () => ({
    exp: now() + 86_400,
  })),
  refuses('one from the future is refused', 'Refuse an `iat` that is more than five seconds ahead.', () => ({
    iat: now() + 60,
    exp: now() + 90,
  })),
  refuses('one for another method is refused', 'Compare `htm` with the method of the request.', () => ({ htm: 'POST' })),
  refuses('one for another path is refused', 'Compare `htu` with the raw target of the request.', () => ({
    htu: '/countersign-check-none',
  })),
  refuses('one for another query is refused', 'Compare `htu` with path and query, byte for byte.', ({ htu }) => ({
    htu: `${htu}${String(htu).includes('?') ? '&' : '?'}countersign_check=1`,
  })),
  {
    name: 'one that was used before is refused',
    hint: 'Remember each `jti` until its `exp`, where all your replicas look.',
    run: async (probe) => {
      const assertion = probe.sign(probe.claims())
      const first = await probe.sendAssertion(assertion)
      if (!isGood(first)) throw new Fault(`its first use was answered with ${first}`)
      return requireStatus(await probe.sendAssertion(assertion), 401, 'the second use')
    },
  },
  {
    name: 'one of two at once is refused',
    hint: 'Take the `jti` in one step, before the work: an insert under a unique constraint, not a look and then a write.',
    run: async (probe) => {
      const assertion = probe.sign(probe.claims())
      const statuses = await Promise.all(Array.from({ length: 4 }, () => probe.sendAssertion(assertion)))
      const good = statuses.filter(isGood).length
      if (good !== 1) throw new Fault(`${good} of 4 requests with one assertion were accepted`)
      return '1 of 4 accepted'
    },
  },
  refuses(
    'another scope is refused',
    'Compare `scope` with what your own route needs, and answer 403.',
    () => ({ scope: 'countersign-check:none' }),
    403,
  ),
  refuses(
    'an unknown tenant is not found',
    'Look the tenant up, and answer 404.',
    () => ({ tenant_id: 'countersign-check-none', sub: 'countersign-check-none' }),
    404,
  ),
  refuses(
    "a user who is not that tenant's is not found",
    'Where `sub` is not the tenant, it must be a user of it: 404.',
    () => ({ sub: 'countersign-check-none' }),
    404,
  ),
]
