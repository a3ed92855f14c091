import { expect, it } from 'vitest'
import { tellApart } from './tell.ts'

const session = (id: string, more: object = {}) => ({
  id,
  tenant_id: 'globex',
  target_user_id: null,
  target_user_label: null,
  reason: `Reason ${id}`,
  ...more,
})

it('needs nothing where a tenant has one session of mine', () => {
  const one = session('a')
  expect(tellApart(one, [one, session('b', { tenant_id: 'initech' })])).toBeUndefined()
})

it('tells sessions on one tenant apart by the user they are on, and where that is the same by the reason', () => {
  const all = [session('a'), session('b', { target_user_id: 'usr_eve', target_user_label: 'eve@globex.example' })]
  expect(all.map((each) => tellApart(each, all))).toEqual(['everybody', 'eve@globex.example'])
  const same = [session('a'), session('b')]
  expect(same.map((each) => tellApart(each, same))).toEqual(['Reason a', 'Reason b'])
})
