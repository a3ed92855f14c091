import { expect, it } from 'vitest'
import { byWeight, canChange, namedScopes, presetOf } from './presets.ts'

const catalogue = {
  max_minutes: 60,
  scopes: [],
  presets: [
    { name: 'read_only', scopes: ['billing:read', 'usage:read'] },
    { name: 'billing', scopes: ['billing:read', 'billing:write'] },
  ],
}

it('knows a preset whatever the order of its scopes', () => {
  expect(presetOf(catalogue, ['usage:read', 'billing:read'])).toBe('read_only')
  expect(presetOf(catalogue, ['usage:read'])).toBeUndefined()
  expect(namedScopes(catalogue, ['usage:read', 'billing:read'])).toEqual(['read_only'])
})

it('does not believe the name of a scope whose routes write', () => {
  const route = (method: string) => ({ method, path: '/v1/usage' })
  expect(canChange({ scope: 'usage:read', routes: [route('GET'), route('HEAD')] })).toBe(false)
  expect(canChange({ scope: 'usage:read', routes: [route('GET'), route('POST')] })).toBe(true)
  expect(canChange({ scope: 'usage:reset', routes: [route('GET')] })).toBe(true)
})

it('puts what can change something before what reads', () => {
  expect(byWeight(['a:read', 'billing:write', 'b:read', 'members:invite'])).toEqual(['billing:write', 'members:invite', 'a:read', 'b:read'])
})
