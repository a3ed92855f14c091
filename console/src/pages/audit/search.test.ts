import { expect, it } from 'vitest'
import { formatSearch, parseSearch } from '../../search.ts'
import { AuditSearch, eventGroups, groupOf, toFilters } from './search.ts'

const now = Date.parse('2026-11-20T12:00:00Z')

it('A30 keeps combined filters over the way through the URL', () => {
  const search: AuditSearch = { last: '1h', action: 'SUPPORT_SESSION.REQUEST.*', ticket: '#4831', tenant_id: 'a/b?c&d', result: 'deny' }
  expect(AuditSearch.parse(parseSearch(formatSearch(search)))).toEqual(search)
})

it('reads a ticket that looks like a number as text', () => {
  expect(parseSearch('?ticket=4831')).toEqual({ ticket: '4831' })
  expect(formatSearch({ ticket: '4831' })).toBe('?ticket=4831')
})

it('leaves out what does not parse instead of failing', () => {
  expect(AuditSearch.parse(parseSearch('?last=forever&result=maybe&action=drop%20table&ticket=%231'))).toEqual({ ticket: '#1' })
})

it('A29 turns a span into the instant where it begins', () => {
  expect(toFilters({ last: '1h', result: 'deny' }, now)).toEqual({ result: 'deny', from: '2026-11-20T11:00:00.000Z' })
  expect(toFilters({}, now)).toEqual({})
})

it('does not filter by the event that is open', () => {
  const search = AuditSearch.parse(parseSearch('?event=41&ticket=%231'))
  expect(search).toEqual({ event: '41', ticket: '#1' })
  expect(toFilters(search, now)).toEqual({ ticket: '#1' })
  expect(AuditSearch.parse(parseSearch('?event=41x'))).toEqual({})
})

it('finds the name of every group of events again', () => {
  for (const group of eventGroups) expect(groupOf(group.search)).toBe(group.value)
  expect(groupOf({ action: 'KEY.CREATED' })).toBe('')
})
