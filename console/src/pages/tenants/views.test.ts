import { expect, it } from 'vitest'
import { isSameSearch, readViews } from './views.ts'

it('C8 reads what was kept, and nothing that is not of its form', () => {
  const view = { name: 'Enterprise in trouble', search: { health: 'critical', plan: 'enterprise' } }
  expect(readViews(JSON.stringify([view]))).toEqual([view])
  for (const kept of [null, '', '{', '{}', '[{"name":""}]', `[{"name":"${'x'.repeat(61)}","search":{}}]`])
    expect(readViews(kept)).toEqual([])
  expect(readViews('[{"name":"a","search":{"sort":"secret","query":"b"}}]')).toEqual([{ name: 'a', search: { query: 'b' } }])
})

it('C8 knows a view again, whatever the order of its members', () => {
  expect(isSameSearch({ health: 'critical', plan: 'a' }, { plan: 'a', health: 'critical', status: undefined })).toBe(true)
  expect(isSameSearch({ health: 'critical' }, {})).toBe(false)
})
