import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { encode, signParts, type TokenParts } from '../../support/issuer.ts'
import { expectRefused, type IssuerDoor, signInAt, startIssuerDoor } from '../../support/sign-in-door.ts'

let door: IssuerDoor
beforeAll(async () => {
  door = await startIssuerDoor()
})
afterAll(() => door?.close())

const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const edwards = generateKeyPairSync('ed25519').privateKey
const jwkOf = (key: KeyObject) => createPublicKey(key).export({ format: 'jwk' })

const honest = ({ header, claims, key }: TokenParts): string => signParts(encode(header), encode(claims), key)
const withHeader = (change: Record<string, unknown>) => (parts: TokenParts) => honest({ ...parts, header: { ...parts.header, ...change } })
const withKey =
  (key: KeyObject, change: Record<string, unknown> = {}) =>
  (parts: TokenParts) =>
    honest({ ...parts, key, header: { ...parts.header, ...change } })
/** The honest token, its text changed. */
const rewritten = (change: (token: string) => string) => (parts: TokenParts) => change(honest(parts))
/** Header and payload as given, signed with the right key. */
const withText = (header: (honest: string) => string, payload: (honest: string) => string) => (parts: TokenParts) =>
  signParts(encode(header(JSON.stringify(parts.header))), encode(payload(JSON.stringify(parts.claims))), parts.key)
const same = (text: string) => text
const hmac = (secret: (key: KeyObject) => string | Buffer) => (parts: TokenParts) => {
  const text = `${encode({ ...parts.header, alg: 'HS256' })}.${encode(parts.claims)}`
  return `${text}.${createHmac('sha256', secret(createPublicKey(parts.key)))
    .update(text)
    .digest('base64url')}`
}
const unsigned = (alg: unknown) => (parts: TokenParts) => `${encode({ typ: 'JWT', alg })}.${encode(parts.claims)}.`
/** The last character holds bits that are thrown away: another one reads the same. */
const otherLast = (part: string) => part.slice(0, -1) + String.fromCharCode(part.charCodeAt(part.length - 1) + 1)

const forgeries: [string, (parts: TokenParts) => string][] = [
  ...['none', 'None', 'NONE', 'nOnE', '', null].map((alg): [string, (parts: TokenParts) => string] => [
    `alg ${JSON.stringify(alg)}`,
    unsigned(alg),
  ]),
  ['no alg', unsigned(undefined)],
  ['alg none and the signature left on', withHeader({ alg: 'none' })],
  ['HS256 with our public key as PEM', hmac((key) => key.export({ type: 'spki', format: 'pem' }))],
  ['HS256 with our public key as JWK', hmac((key) => JSON.stringify(key.export({ format: 'jwk' })))],
  ['HS256 with the client secret', hmac(() => door.issuer.client_secret)],
  ['PS256 in name only', withHeader({ alg: 'PS256' })],
  ['RS1', withHeader({ alg: 'RS1' })],
  ['alg as a list', withHeader({ alg: ['RS256'] })],
  [
    'ES256 with r and s zero',
    ({ claims }) => `${encode({ alg: 'ES256', kid: 'k1' })}.${encode(claims)}.${Buffer.alloc(64).toString('base64url')}`,
  ],
  [
    'ES256 by a key that is not theirs',
    ({ claims }) => {
      const text = `${encode({ alg: 'ES256', kid: 'k1' })}.${encode(claims)}`
      return `${text}.${sign('sha256', Buffer.from(text), { key: curve, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    },
  ],
  [
    'EdDSA by a key that is not theirs',
    ({ claims }) => {
      const text = `${encode({ alg: 'EdDSA', kid: 'k1' })}.${encode(claims)}`
      return `${text}.${sign(null, Buffer.from(text), edwards).toString('base64url')}`
    },
  ],
  ['another key under the right kid', withKey(other)],
  ['another key, brought along as jwk', withKey(other, { jwk: jwkOf(other) })],
  ['the right key, brought along as jwk', (parts) => withHeader({ jwk: jwkOf(parts.key) })(parts)],
  ['another key, to be fetched by jku', (parts) => withKey(other, { jku: `${door.issuer.url}/attacker` })(parts)],
  ['another key, to be fetched by x5u', (parts) => withKey(other, { x5u: `${door.issuer.url}/attacker` })(parts)],
  ['another key, certified by itself in x5c', withKey(other, { x5c: ['MIIB'] })],
  ...(['../../dev/null', "' OR 1=1--", '|id', '\0', 'k'.repeat(50_000), ['k1'], { k: 1 }, 7] as const).map(
    (kid): [string, (parts: TokenParts) => string] => [`kid ${JSON.stringify(kid).slice(0, 20)}`, withKey(other, { kid })],
  ),
  ['crit with an extension unknown to us', withHeader({ crit: ['exp'] })],
  ['b64 false with crit', withHeader({ b64: false, crit: ['b64'] })],
  ['b64 false without crit', withHeader({ b64: false })],
  ['zip', withHeader({ zip: 'DEF' })],
  ['the typ of a logout token', withHeader({ typ: 'logout+jwt' })],
  ['the typ of an access token', withHeader({ typ: 'at+jwt' })],
  ['sub twice', withText(same, (text) => text.replace('{', '{"sub":"admin",'))],
  ['sub twice, once escaped', withText(same, (text) => text.replace('{', '{"s\\u0075b":"admin",'))],
  ['aud twice', withText(same, (text) => text.replace('{', '{"aud":"other",'))],
  ['a member twice far inside', withText(same, (text) => text.replace('{', '{"x":[{"a":1,"a":2}],'))],
  ['alg twice in the header', withText((text) => text.replace('{', '{"alg":"none",'), same)],
  ['kid twice in the header', withText((text) => text.replace('{', '{"kid":"x",'), same)],
  ['nesting ten thousand deep', withText(same, (text) => text.replace('{', `{"x":${'['.repeat(10_000)}${']'.repeat(10_000)},`))],
  ['a payload of a megabyte', withText(same, (text) => text.replace('{', `{"x":"${'y'.repeat(1_000_000)}",`))],
  ['a payload that is a list', withText(same, (text) => `[${text}]`)],
  ['a payload that is not JSON', withText(same, (text) => text.slice(1))],
  [
    'a payload that is not UTF-8',
    ({ header, claims, key }) => {
      const bytes = Buffer.concat([Buffer.from(JSON.stringify({ ...claims, x: '' }).slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')])
      return signParts(encode(header), bytes.toString('base64url'), key)
    },
  ],
  ['no sub', (parts) => honest({ ...parts, claims: { ...parts.claims, sub: undefined } })],
  ['an empty sub', (parts) => honest({ ...parts, claims: { ...parts.claims, sub: '' } })],
  ['a sub that is a number', (parts) => honest({ ...parts, claims: { ...parts.claims, sub: 1 } })],
  ['a sub with a line break', (parts) => honest({ ...parts, claims: { ...parts.claims, sub: 'u-1\n' } })],
  ['a sub of 256 characters', (parts) => honest({ ...parts, claims: { ...parts.claims, sub: 'u'.repeat(256) } })],
  [
    'a claim changed after signing',
    rewritten((token) =>
      token.replace(/\.([^.]+)\./, (_all, part) => `.${encode(Buffer.from(part, 'base64url').toString().replace('u-1', 'u-2'))}.`),
    ),
  ],
  ['the signature cut off', rewritten((token) => token.slice(0, token.lastIndexOf('.') + 1))],
  ['the signature cut short', rewritten((token) => token.slice(0, -4))],
  ['two parts', rewritten((token) => token.slice(0, token.lastIndexOf('.')))],
  ['four parts', rewritten((token) => `${token}.x`)],
  ['five parts (JWE)', rewritten((token) => `${token}.x.x`)],
  [
    'JSON serialisation',
    rewritten((token) => {
      const [header, payload, signature] = token.split('.')
      return JSON.stringify({ protected: header, payload, signature })
    }),
  ],
  ['trailing =', rewritten((token) => `${token}=`)],
  ['a space inside', rewritten((token) => token.replace('.', '. '))],
  ['a line break at the end', rewritten((token) => `${token}\n`)],
  ['another last character of the signature', rewritten(otherLast)],
  [
    'a payload that ends in another letter of the same meaning',
    (parts) => {
      const texts = [0, 1, 2].map((length) => encode({ ...parts.claims, x: 'y'.repeat(length) }))
      // Only where bits are left over is there another spelling.
      const payload = texts.find((text) => text.length % 4 === 2) as string
      return signParts(encode(parts.header), otherLast(payload), parts.key)
    },
  ],
  ['the alphabet with + and /', rewritten((token) => token.replaceAll('-', '+').replaceAll('_', '/'))],
  ['nothing', () => ''],
]

it.each(forgeries)('JW-1 refuses an ID token with %s', async (_name, forge) => {
  door.issuer.token = forge
  const response = await signInAt(newVisitor(door.url))
  const { status } = response
  // One generic body; a megabyte is not read to its end, so it counts as a provider that answers wrongly.
  await expectRefused(door, response, { code: status === 503 ? 'identity_provider_unavailable' : 'sign_in_refused' })
  if (status === 503) expect(_name).toBe('a payload of a megabyte')
  expect(door.issuer.requests.some(({ path }) => path === '/attacker')).toBe(false)
})

it('JW-1 takes the honest token', async () => {
  door.issuer.token = (parts) => parts
  expect((await signInAt(newVisitor(door.url))).status).toBe(303)
})
