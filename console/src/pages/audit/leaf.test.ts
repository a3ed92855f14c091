import { createHash } from 'node:crypto'
import type { LoggedEvent } from '@countersign/contract/events.ts'
import { expect, it } from 'vitest'
import { describeLeaf } from './leaf.ts'

const event: LoggedEvent = {
  v: 1,
  log_index: 41,
  id: 'evt_019aa0c4d2f07a31bb6c2f10d4e8a9b7',
  occurred_at: '2026-11-20T12:00:00.123456Z',
  action: 'STAFF.ENABLED',
  category: 'administration',
  result: 'ok',
  actor: { kind: 'system', id: 'é' },
  target: { kind: 'staff', id: 'stf_1' },
}

it('is SHA-256 of a zero byte and the canonical event, without its place in the log', () => {
  const { canonical, leaf } = describeLeaf(event)
  expect(canonical).toBe(
    '{"action":"STAFF.ENABLED","actor":{"id":"é","kind":"system"},"category":"administration","id":"evt_019aa0c4d2f07a31bb6c2f10d4e8a9b7","occurred_at":"2026-11-20T12:00:00.123456Z","result":"ok","target":{"id":"stf_1","kind":"staff"},"v":1}',
  )
  expect(leaf).toBe(
    createHash('sha256')
      .update(Buffer.from([0]))
      .update(canonical)
      .digest('hex'),
  )
  expect(describeLeaf({ ...event, log_index: 42 }).leaf).toBe(leaf)
})
