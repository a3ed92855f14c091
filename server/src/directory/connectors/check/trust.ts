import { ConnectorError, ConnectorInfo } from '@countersign/contract/connector.ts'
import { Fault } from '../../../outbound/check.ts'
import type { Check } from './check.ts'
import { type Answer, type Probe, readShape } from './probe.ts'

export const requireRefused = (answer: Answer, what: string): string => {
  if (answer.status === 401 || answer.status === 403) return `${answer.status}`
  throw new Fault(`${what} was answered with ${answer.status}; 401 is expected`)
}

/** A call that differs from a good one in these claims alone. */
const refuses = (name: string, hint: string, change: (probe: Probe) => Record<string, unknown>): Check => ({
  name,
  hint,
  run: async (probe) => {
    const path = '/tenants?limit=1'
    return requireRefused(await probe.send(path, probe.sign({ ...probe.claims(path), ...change(probe) })), 'it')
  },
})

const now = () => Math.floor(Date.now() / 1000)

/** Whom a connector believes. */
export const trustChecks: Check[] = [
  {
    name: 'reachable',
    hint: 'Start the product, and give the address that ends where the protocol begins.',
    needed: true,
    run: async (probe) => `answers with ${(await probe.send('/')).status}`,
  },
  {
    name: 'a signed call is answered',
    hint: 'Let it trust the keys at <console address>/.well-known/jwks.json, that address as `iss`, and the configured audience. The program must be running.',
    needed: true,
    run: async (probe) => {
      const info = await probe.read('/', ConnectorInfo)
      return [info.product, info.version].filter(Boolean).join(' ')
    },
  },
  {
    name: 'a call without a token is refused',
    hint: 'Answer 401 where there is no Authorization: Bearer <JWT>.',
    run: async (probe) => requireRefused(await probe.send('/tenants?limit=1'), 'it'),
  },
  {
    name: 'a refusal says why, as JSON',
    hint: 'Answer refusals with {"code": …, "message": …} and content-type application/json.',
    run: async (probe) => {
      const answer = await probe.send('/tenants?limit=1')
      return readShape(answer, 'GET /tenants without a token', ConnectorError, answer.status).code
    },
  },
  {
    name: 'an unsigned token is refused',
    hint: 'Allow the algorithm EdDSA alone; never `none`.',
    run: async (probe) => {
      const path = '/tenants?limit=1'
      return requireRefused(await probe.send(path, probe.unsigned(probe.claims(path))), 'it')
    },
  },
  {
    name: "another key's signature is refused",
    hint: 'Verify the signature with the published key of that `kid`.',
    run: async (probe) => {
      const path = '/tenants?limit=1'
      return requireRefused(await probe.send(path, probe.signAsStranger(probe.claims(path))), 'it')
    },
  },
  refuses("another issuer's token is refused", 'Compare `iss` with the console address.', () => ({ iss: 'https://issuer.invalid' })),
  refuses('a token for another audience is refused', 'Compare `aud` with your own audience.', () => ({ aud: 'another-audience' })),
  refuses('an expired token is refused', 'Compare `exp` with the clock; allow a few seconds, not minutes.', () => ({
    iat: now() - 330,
    exp: now() - 300,
  })),
  refuses('a token without an end is refused', 'Require `exp`.', () => ({ exp: undefined })),
  refuses('a token that lives for a day is refused', 'Refuse what lives longer than 60 seconds from `iat` to `exp`.', () => ({
    exp: now() + 86_400,
  })),
  refuses('a token for another address is refused', 'Compare `htu` with the path and query of the request, byte for byte.', (probe) => ({
    htu: probe.claims('/users?query=x&limit=1').htu,
  })),
  refuses('a token for another method is refused', 'Compare `htm` with the method of the request.', () => ({ htm: 'POST' })),
  refuses('a token for another body is refused', 'Compare `body_sha256` with the SHA-256 of the body, base64url.', () => ({
    body_sha256: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  })),
  {
    name: 'a token that was used before is refused',
    hint: 'Remember each `jti` until its `exp`, in one place for all your replicas, and refuse it when it comes again.',
    run: async (probe) => {
      const path = '/tenants?limit=1'
      const token = probe.sign(probe.claims(path))
      const first = await probe.send(path, token)
      if (first.status !== 200) throw new Fault(`its first use was answered with ${first.status}`)
      return requireRefused(await probe.send(path, token), 'the second use')
    },
  },
]
