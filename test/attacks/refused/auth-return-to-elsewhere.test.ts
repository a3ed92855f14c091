import { afterAll, beforeAll, expect, it } from 'vitest'
import { newVisitor } from '../../support/browser.ts'
import { type SignInDoor, startSignInDoor } from '../../support/sign-in-door.ts'

let door: SignInDoor
beforeAll(async () => {
  door = await startSignInDoor()
})
afterAll(() => door?.close())

const elsewhere = [
  'https://evil.example',
  'http://evil.example/',
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/ /evil.example',
  '/\r\nlocation: https://evil.example',
  '/%0d%0alocation:%20https://evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/./\\evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  '/%2e%2e//evil.example',
  '/%2E%2E/evil',
  '/a/../../evil',
  '/%5cevil.example',
  '/%09/evil.example',
  '/%00/evil',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'https:evil.example',
  'https:/evil.example',
  'https:///evil.example',
  'http:\\\\evil.example',
  '@evil.example',
  '.evil.example',
  ':80',
  'evil.example',
  '?x',
  '#x',
  '',
  '/a#//evil.example',
  '/a?b=\\evil',
  '/a?b=\n',
  '/\u2044evil.example',
  '/\u3002evil.example',
  '/\uff0fevil.example',
  '/a//b',
  '/a/',
  `/${'a'.repeat(2001)}`,
  '/auth/sign-in?as=ada',
  '/auth/sign-out',
  '/api/me',
  '/v1/audit',
  '/local-oidc/auth',
  '/sign-in?refused=internal',
  '/%61pi/users/usr_1',
  '/a%70i/users/usr_1',
  '/%61%70%69/users/usr_1?ticket=1',
  '/%41PI/users/usr_1',
  '/API/me',
  '/%76%31/audit',
  '/%6Cocal-oidc/auth',
  '/%73ign-in?refused=internal',
  '/%FF',
]

it.each(elsewhere)('WB-8 does not send a person to %j', async (return_to) => {
  const response = await newVisitor(door.url).get(`/auth/sign-in?${new URLSearchParams({ as: 'rob', return_to })}`)
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'invalid_request'])
  expect(response.headers.get('location')).toBeNull()
  expect(await door.database.store.db.selectFrom('sign_in_flows').select('nonce').execute()).toEqual([])
})
