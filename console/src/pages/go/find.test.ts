import type { FoundUser } from '@countersign/contract/users.ts'
import { expect, it } from 'vitest'
import { findMeant } from './find.ts'
import { GoSearch } from './search.ts'

const person = (id: string, email: string, tenant_id = 'ten_1') => ({ id, email, tenant_id }) as FoundUser
const eve = person('usr_1', 'Eve@globex.example')

it.each([
  ['the whole address, however it is written', 'eve@GLOBEX.example', eve],
  ['the id', 'usr_1', eve],
  ['the start of an address', 'eve@globex', undefined],
])('M21 a link means one user by %s', (_, named, meant) => {
  expect(findMeant([person('usr_2', 'eve@globex.example.org'), eve], named)).toBe(meant)
})

it('M21 a link means nobody where two tenants have a user of that address', () => {
  expect(findMeant([eve, person('usr_3', 'eve@globex.example', 'ten_2')], 'eve@globex.example')).toBeUndefined()
})

it.each([
  [
    { ticket: 'SUP-4831', user: 'eve@globex.example' },
    { ticket: 'SUP-4831', user: 'eve@globex.example' },
  ],
  [{ ticket: '#4831' }, { ticket: '#4831' }],
  [{}, {}],
  [
    { ticket: 'https://desk.example/4831', user: 'eve\u202e@globex.example' },
    { ticket: '', user: '' },
  ],
  [
    { ticket: 'x'.repeat(99), user: 'x'.repeat(201) },
    { ticket: '', user: '' },
  ],
  [{ user: 'eve globex' }, { user: '' }],
  [{ user: 'eve test@globex.example' }, { user: 'eve+test@globex.example' }],
])('M21 XS-1 a link of %j is read as %j', (given, read) => {
  expect(GoSearch.parse(given)).toEqual(read)
})
