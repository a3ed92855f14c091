import { expect, it } from 'vitest'
import { curlOf, type Draft, headersOf, missingOf, parametersOf, pathOf } from './request.ts'
import { cellOf, tableIn } from './table.ts'

const draft: Draft = { method: 'GET', route: '/v1/reports/:id', parameters: { id: '7' }, query: [], headers: [], body: '' }

it.each([
  [draft, '/v1/reports/7'],
  [{ ...draft, parameters: { id: 'a/b c' } }, '/v1/reports/a%2Fb%20c'],
  [{ ...draft, route: '/v1/invites/:id:cancel' }, '/v1/invites/7:cancel'],
  [
    {
      ...draft,
      query: [
        { name: 'q', value: 'a&b' },
        { name: ' ', value: 'x' },
      ],
    },
    '/v1/reports/7?q=a%26b',
  ],
])('M8 S4 writes the path of %j', (given, path) => {
  expect(pathOf(given)).toBe(path)
})

it('names the parameters of a pattern, and what is missing', () => {
  expect(parametersOf('/v1/tenants/:tenant_id/items/:id:cancel')).toEqual(['tenant_id', 'id'])
  expect(missingOf({ ...draft, parameters: {} })).toBe('Fill in id')
  expect(missingOf(draft)).toBeNull()
  const post = { ...draft, method: 'POST', body: '{"a": }' }
  expect(missingOf(post)).toMatch(/^The body is not JSON: /)
  expect(missingOf({ ...post, headers: [{ name: 'content-type', value: 'text/csv' }] })).toBeNull()
  expect(missingOf({ ...post, body: '{"a":1}' })).toBeNull()
})

it('sends JSON where a body is sent, unless another type was chosen', () => {
  expect(headersOf(draft)).toEqual({ accept: 'application/json, */*;q=0.5' })
  expect(headersOf({ ...draft, method: 'POST', body: '{}' })).toMatchObject({ 'content-type': 'application/json' })
  expect(headersOf({ ...draft, method: 'POST', body: 'a', headers: [{ name: 'content-type', value: 'text/csv' }] })).toMatchObject({
    'content-type': 'text/csv',
  })
})

it('copies as curl what a shell takes as data, whatever it contains', () => {
  const text = curlOf('http://localhost:4001/', { ...draft, method: 'POST', parameters: { id: "$(id)'x" }, body: `{"a":"'; rm -rf /"}` })
  expect(text).toContain(`curl -X POST -H "Authorization: Bearer $TOKEN"`)
  expect(text).toContain(`--data-raw '{"a":"'\\''; rm -rf /"}'`)
  expect(text).toContain("/v1/reports/%24(id)'\\''x'")
})

it('finds the rows of an answer, at its top or in its first list', () => {
  const rows = [{ id: 1 }, { id: 2, name: 'x' }]
  expect(tableIn(rows)).toEqual({ columns: ['id', 'name'], rows })
  expect(tableIn({ total: 2, tags: [], items: rows })).toEqual({ columns: ['id', 'name'], rows })
  for (const none of [[], [1], {}, null, 'x', [rows]]) expect(tableIn(none)).toBeUndefined()
  expect([cellOf(undefined), cellOf('x'), cellOf({ a: [1] }), cellOf(null)]).toEqual(['', 'x', '{"a":[1]}', 'null'])
})
