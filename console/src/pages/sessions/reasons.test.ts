import { expect, it } from 'vitest'
import { reasonsOfToday } from './reasons.ts'

const at = (hour: number) => `2026-11-20T${String(hour).padStart(2, '0')}:00:00Z`
const isToday = (instant: string) => instant.startsWith('2026-11-20')

it('offers my reasons of today again, the newest first, each once, with the ticket it was last given with', () => {
  const given = [
    { reason: 'Their export is empty', ticket: null, at: at(8) },
    { reason: 'Invoice shows a wrong address', ticket: 'SUP-2', at: at(10) },
    { reason: 'Their export is empty', ticket: 'SUP-1', at: at(11) },
    { reason: 'Of yesterday, which is over', ticket: null, at: '2026-11-19T23:59:59Z' },
    { reason: null, ticket: 'SUP-9', at: at(12) },
  ]
  expect(reasonsOfToday(given, isToday)).toEqual([
    { reason: 'Their export is empty', ticket: 'SUP-1' },
    { reason: 'Invoice shows a wrong address', ticket: 'SUP-2' },
  ])
  expect(reasonsOfToday([], isToday)).toEqual([])
})

it('offers three at most', () => {
  const given = Array.from({ length: 9 }, (_, n) => ({ reason: `Reason number ${n}`, ticket: null, at: at(n) }))
  expect(reasonsOfToday(given, isToday).map(({ reason }) => reason)).toEqual(['Reason number 8', 'Reason number 7', 'Reason number 6'])
})
