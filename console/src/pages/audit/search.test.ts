import { expect, it } from 'vitest'
import { formatSearch, parseSearch } from '../../search.ts'
import { AuditSearch, choiceOf, countFilters, toFilters, withValue } from './search.ts'

const now = Date.parse('2026-11-20T12:00:00Z')

it('A30 keeps combined filters over the way through the URL', () => {
  const search: AuditSearch = {
    last: '1h',
    action: 'SUPPORT_SESSION.REQUEST.*,-*.ADMITTED',
    ticket: '#4831,-SUP-1',
    tenant_id: '"a,b",a/b?c&d',
    result: 'deny,error',
    text: 'failed export',
    reads: 'shown',
  }
  expect(AuditSearch.parse(parseSearch(formatSearch(search)))).toEqual(search)
})

it('reads a ticket that looks like a number as text', () => {
  expect(parseSearch('?ticket=4831')).toEqual({ ticket: '4831' })
  expect(formatSearch({ ticket: '4831' })).toBe('?ticket=4831')
})

it('leaves out what does not parse instead of failing', () => {
  expect(AuditSearch.parse(parseSearch('?last=forever&result=maybe&action=drop%20table&ticket=%231&text=ab'))).toEqual({ ticket: '#1' })
})

it('A29 turns a span into the instant where it begins', () => {
  expect(toFilters({ last: '1h', result: 'deny' }, now)).toEqual({
    result: 'deny',
    action: '-AUDIT.READ,-LOG.TALLIED',
    from: '2026-11-20T11:00:00.000Z',
  })
})

it.each<[AuditSearch, string | undefined]>([
  [{}, '-AUDIT.READ,-LOG.TALLIED'],
  [{ action: 'KEY.*' }, 'KEY.*,-AUDIT.READ,-LOG.TALLIED'],
  [{ action: '-KEY.*' }, '-KEY.*,-AUDIT.READ,-LOG.TALLIED'],
  [{ action: 'AUDIT.READ' }, 'AUDIT.READ'],
  [{ action: 'LOG.TALLIED' }, 'LOG.TALLIED'],
  [{ category: 'audit' }, undefined],
  [{ category: '-gateway' }, '-AUDIT.READ,-LOG.TALLIED'],
  [{ reads: 'shown' }, undefined],
])('hides reads of the log unless they are asked for: %j', (search, action) => {
  expect(toFilters(search, now).action).toBe(action)
})

it('does not filter by the event that is open', () => {
  const search = AuditSearch.parse(parseSearch('?event=41&ticket=%231'))
  expect(search).toEqual({ event: '41', ticket: '#1' })
  expect(toFilters(search, now)).toEqual({ ticket: '#1', action: '-AUDIT.READ,-LOG.TALLIED' })
  expect(AuditSearch.parse(parseSearch('?event=41x'))).toEqual({})
})

it('A30 adds a value to a list, turns it round and takes it away', () => {
  let search: AuditSearch = { tenant_id: 'ten_a' }
  search = { ...search, ...withValue(search, 'tenant_id', 'ten,b', 'any') }
  expect(search.tenant_id).toBe('ten_a,"ten,b"')
  search = { ...search, ...withValue(search, 'tenant_id', 'ten_a', 'none') }
  expect(choiceOf(search, 'tenant_id')).toEqual({ any: ['ten,b'], none: ['ten_a'] })
  expect(countFilters({ ...search, result: 'deny', event: '1' })).toBe(3)
  search = { ...search, ...withValue(search, 'tenant_id', 'ten,b', undefined), ...withValue({}, 'tenant_id', 'ten_a', undefined) }
  expect(search.tenant_id).toBeUndefined()
})
