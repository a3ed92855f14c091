import { expect, it } from 'vitest'
import { rolesOf } from '../../server/src/identity/issuer/claims.ts'

it.each<
  [string, Record<string, unknown>, string, Record<string, never> | Record<string, 'support_admin' | 'auditor'> | undefined, string[]]
>([
  ['a list', { roles: ['support_admin', 'auditor'] }, 'roles', undefined, ['support_admin', 'auditor']],
  ['a text', { roles: 'auditor' }, 'roles', undefined, ['auditor']],
  ['unknown ones among them', { roles: ['x', 'auditor', 7, null] }, 'roles', undefined, ['auditor']],
  ['the same one twice', { roles: ['auditor', 'auditor'] }, 'roles', undefined, ['auditor']],
  ['inside objects', { realm_access: { roles: ['auditor'] } }, 'realm_access.roles', undefined, ['auditor']],
  ['under a name with dots', { 'https://acme.example/roles': ['auditor'] }, 'https://acme.example/roles', undefined, ['auditor']],
  ['inside names with dots', { a: { 'b.c': { roles: ['auditor'] } } }, 'a.b.c.roles', undefined, ['auditor']],
  ['the longest name that is there', { 'a.b': ['auditor'], a: { b: ['support_admin'] } }, 'a.b', undefined, ['auditor']],
  ['keys of an object, each with where it was granted', { r: { auditor: { '17': 'x.example' } } }, 'r', undefined, ['auditor']],
  ['keys without a grant', { r: { auditor: false, super_admin: null, support_admin: 'no' } }, 'r', undefined, []],
  ['a map', { groups: ['g-1', 'g-2', 'g-3'] }, 'groups', { 'g-1': 'support_admin', 'g-3': 'auditor' }, ['support_admin', 'auditor']],
  ['a map that does not hold the role’s own name', { groups: ['super_admin'] }, 'groups', { 'g-1': 'auditor' }, []],
  ['a map asked for what every object has', { groups: ['constructor', 'toString'] }, 'groups', { 'g-1': 'auditor' }, []],
  ['nothing', {}, 'roles', undefined, []],
  ['a path through what is not there', { a: null }, 'a.b.c', undefined, []],
  ['a path through what every object has', {}, 'constructor.name', undefined, []],
])('X5 reads the roles from %s', (_name, claims, claim, map, expected) => {
  expect(rolesOf(claims, claim, map)).toEqual(expected)
})
