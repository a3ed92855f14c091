import { erasable, type Group, kept } from '@countersign/contract/events/members.ts'
import { eventNames, eventTable, LoggedEvent, type NewEvent } from '@countersign/contract/events.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const rob = { kind: 'staff', id: `stf_${'0'.repeat(32)}`, issuer: 'https://id', subject: 'rob', email: 'rob@x', name: 'Rob' } as const
const searched = {
  v: 1,
  id: `evt_${'0'.repeat(32)}`,
  occurred_at: '2026-11-20T12:00:00.123456Z',
  action: 'USER.SEARCHED',
  category: 'look_up',
  result: 'ok',
  actor: rob,
  details: { query: 'eve', count: 1, user_ids: ['usr_1'] },
  log_index: 7,
}

describe('X4 X11 the table of events', () => {
  it('names them in upper case, by noun and what happened', () => {
    expect(eventNames.filter((name) => !/^[A-Z]+(_[A-Z]+)*(\.[A-Z]+(_[A-Z]+)*)+$/.test(name))).toEqual([])
  })

  it('has a session on one user as an impersonation, in the category of support sessions', () => {
    const impersonations = eventNames.filter((name) => name.startsWith('IMPERSONATE.'))
    expect(impersonations.map((name) => name.slice(12)).sort()).toEqual([
      'DENIED',
      'ENDED',
      'EXPIRED',
      'EXTENDED',
      'FROZEN',
      'REVOKED',
      'ROLE_LOST',
      'SIGNED_OUT',
      'STARTED',
      'TENANT_GONE',
      'TIMED_OUT',
    ])
    for (const name of impersonations) expect(eventTable[name][0]).toBe('support_session')
  })
})

describe('S12 an event on the wire', () => {
  it('is judged by the members that its name has', () => {
    expect(LoggedEvent.parse(searched)).toEqual(searched)
    expect(LoggedEvent.safeParse({ ...searched, details: { query: 7 } }).success).toBe(false)
    expect(LoggedEvent.safeParse({ ...searched, category: 'audit' }).success).toBe(false)
    expect(LoggedEvent.safeParse({ ...searched, action: 'USER.EATEN' }).success).toBe(false)
  })

  it('keeps members that a later version has added', () => {
    const later = { ...searched, details: { ...searched.details, took_ms: 4 }, mood: 'calm' }
    expect(LoggedEvent.parse(later)).toEqual(later)
  })
})

it('M3 a member that is declared neither kept nor erasable does not compile', () => {
  const declared: Group = { id: kept(z.string()), details: { query: erasable(z.string()) } }
  // @ts-expect-error a bare schema says neither
  const bare: Group = { id: z.string() }
  // @ts-expect-error nor does one further in
  const deep: Group = { details: { query: z.string() } }
  // @ts-expect-error and an event has no members but those of its schema
  const more: NewEvent = { action: 'STAFF.ENABLED', result: 'ok', actor: rob, target: { kind: 'staff', id: 'stf_1' }, reason: 'why' }
  expect([declared, bare, deep, more]).toHaveLength(4)
})
