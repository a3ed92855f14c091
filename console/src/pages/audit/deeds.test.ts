import type { LoggedEvent } from '@countersign/contract/events.ts'
import { expect, it } from 'vitest'
import { foldDeeds, isOf } from './deeds.ts'

const at = (log_index: number, event: object) => ({ id: `evt_${log_index}`, log_index, ...event }) as unknown as LoggedEvent
const search = at(10, { action: 'USER.SEARCHED', category: 'look_up' })
const found = (index: number) => at(index, { action: 'USER.FOUND', category: 'look_up', details: { search: search.id } })
const request = (index: number, what: string, id: string) => at(index, { action: `SUPPORT_SESSION.REQUEST.${what}`, request: { id } })
const rowsOf = (events: LoggedEvent[]) =>
  foldDeeds(events).map(({ head, events }) => [head.log_index, events.map(({ log_index }) => log_index)])

it('A28 makes a search and what it found one row, which says what was searched', () => {
  expect(rowsOf([found(12), found(11), search, at(9, { action: 'CONSOLE.OPENED' })])).toEqual([
    [10, [10, 11, 12]],
    [9, [9]],
  ])
})

it('A28 makes the admission and the outcome of a request one row, where the outcome stands', () => {
  const events = [
    request(8, 'CUT', 'req_b'),
    request(7, 'COMPLETED', 'req_a'),
    request(6, 'COMPLETED', 'req_b'),
    request(5, 'ADMITTED', 'req_b'),
    request(4, 'ADMITTED', 'req_a'),
  ]
  expect(rowsOf(events)).toEqual([
    [8, [5, 6, 8]],
    [7, [4, 7]],
  ])
  expect(foldDeeds(events).map((deed) => isOf(deed, 6))).toEqual([true, false])
})

it('A28 makes an act and its outcome one row, and leaves its approval a row of its own', () => {
  const details = { request_id: 'act_1' }
  const events = [
    at(4, { action: 'ACCOUNT.SUSPENDED', category: 'action', details }),
    at(3, { action: 'ACTION.STARTED', category: 'action', details }),
    at(2, { action: 'ACTION.APPROVED', category: 'approval', details }),
    at(1, { action: 'PASSKEY.RESET', category: 'action', details: {} }),
  ]
  expect(rowsOf(events)).toEqual([
    [4, [3, 4]],
    [2, [2]],
    [1, [1]],
  ])
})

it('loses no event: what it cannot join stands alone', () => {
  const events = [found(12), request(7, 'FAILED', 'req_a'), at(3, { action: 'GATEWAY.REFUSED', request: { id: 'req_a' } })]
  expect(rowsOf(events)).toEqual([
    [12, [12]],
    [7, [7]],
    [3, [3]],
  ])
})

it('A28 makes the static files of a page one row, where their outcome stands; a file without one stands alone', () => {
  const file = (index: number, id: string) => at(index, { action: 'SUPPORT_SESSION.ASSET.ADMITTED', request: { id } })
  const loaded = at(6, {
    action: 'SUPPORT_SESSION.ASSET.LOADED',
    request: { id: 'req_z' },
    details: { files: [{ id: 'req_a' }, { id: 'req_b' }] },
  })
  expect(rowsOf([file(7, 'req_c'), loaded, file(5, 'req_b'), file(4, 'req_a')])).toEqual([
    [7, [7]],
    [6, [4, 5, 6]],
  ])
})
