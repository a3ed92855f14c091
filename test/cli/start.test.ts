import { expect, it } from 'vitest'
import { exampleEnvironment } from '../../server/src/cli/example.ts'
import { formatBanner } from '../../server/src/cli/start.ts'

const addresses = {
  console: 'http://localhost:4000',
  gateway: 'http://localhost:4001',
  database: 'PostgreSQL 18.4, embedded',
  data_dir: '/data',
  config: 'countersign.config.yaml',
}
const example = 'http://127.0.0.1:4002'
const issuer = 'https://id.vendor.example/realms/staff'

it.each([
  [
    'the local provider and the example',
    undefined,
    example,
    'sign in with one click: rob, val, ',
    'Local sign-in and example data: not for',
  ],
  ['the local provider alone', undefined, undefined, 'sign in with one click: rob, val, ', 'Local sign-in: not for production.'],
  ['the example alone', issuer, example, 'sign in at id.vendor.example\n', 'Example data: not for production.'],
])('the banner with %s says how to sign in, and what is not for production', (_what, at, product, signIn, warning) => {
  const banner = formatBanner({ addresses: { ...addresses, ...(product ? { example: product } : {}) }, issuer: at, troubles: [] }, '1.0')
  expect(banner).toContain(signIn)
  expect(banner).toContain(warning)
})

it('the banner with neither promises no click and warns of nothing', () => {
  const banner = formatBanner({ addresses, issuer, troubles: [] }, '1.0')
  expect(banner).toContain('sign in at id.vendor.example')
  expect(banner).not.toMatch(/one click|rob|not for production/)
})

it('the banner names what does not answer', () => {
  const troubles = [{ name: 'directory sync', why: 'The directory of tenants and users does not answer.' }]
  expect(formatBanner({ addresses, issuer, troubles }, '1.0')).toContain(
    'PROBLEM with the directory sync: The directory of tenants and users does not answer.',
  )
  const first = [{ name: 'directory sync', why: 'Its first run is not over yet.', waits: true as const }]
  expect(formatBanner({ addresses, issuer, troubles: first }, '1.0')).toContain(
    'Not ready yet: the directory sync: Its first run is not over yet.',
  )
})

it('SM-1 the example product gets nothing of our environment but what any program needs and its own settings', () => {
  expect(
    exampleEnvironment({
      PATH: '/bin',
      HOME: '/root',
      ACME_TRAFFIC: '0',
      CLIENT_SECRET: 'secret',
      DATABASE_URL: 'postgres://owner',
      DATABASE_APP_URL: 'postgres://app',
      NODE_OPTIONS: '--inspect',
      AWS_SECRET_ACCESS_KEY: 'secret',
    }),
  ).toEqual({ PATH: '/bin', HOME: '/root', ACME_TRAFFIC: '0' })
})
