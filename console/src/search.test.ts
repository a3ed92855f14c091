import { expect, it } from 'vitest'
import { formatSearch, like, oneOf, parseSearch, searchOf, text } from './search.ts'

const read = searchOf({ query: text(5), status: oneOf(['active', 'closed']), event: like(/^\d{1,3}$/) })

it.each([
  ['?query=eve&status=active&event=41', { query: 'eve', status: 'active', event: '41' }],
  ['?query=longer&status=gone&event=41x', {}],
  ['?query=&status=closed&other=1', { query: '', status: 'closed' }],
  ['?status=toString&status=active', { status: 'active' }],
  ['?__proto__=a&constructor=b', {}],
])('XS-1 an address is read by what a page has, and the rest left out: %s', (given, values) => {
  expect(read(parseSearch(given))).toStrictEqual(values)
})

it('what is no text is left out', () => {
  expect(read({ query: 4, status: ['active'], event: null })).toStrictEqual({})
})

it('an address is written as it is read', () => {
  const search = read(parseSearch('?query=a+b%26&event=7'))
  expect(read(parseSearch(formatSearch(search)))).toStrictEqual({ query: 'a b&', event: '7' })
})
