import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { digestOf, parseSigned } from './signed.ts'

const request = {
  v: 1,
  id: `act_${'0'.repeat(12)}7${'0'.repeat(3)}8${'0'.repeat(15)}`,
  action: 'suspend_account',
  target: { kind: 'user', id: 'usr_1', label: 'eve@globex.example', tenant_id: 'ten_1', tenant_name: null },
  parameters: {},
  requester: { id: `stf_${'0'.repeat(12)}7${'0'.repeat(3)}8${'0'.repeat(15)}`, issuer: 'https://i', subject: 's', email: 'e', name: 'n' },
  reason: 'Her laptop was stolen',
  ticket: null,
  policy: 'ab'.repeat(32),
  nonce: 'bm9uY2U',
  created_at: '2026-11-29T17:00:00.000Z',
  expires_at: '2026-11-29T21:00:00.000Z',
}
const canonical = (value: object): string =>
  JSON.stringify(value, (_, member) =>
    typeof member === 'object' && member !== null
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )

describe('what an approver signs', () => {
  it('P7 is read from the bytes', () => {
    expect(parseSigned(canonical(request))).toEqual(request)
  })

  it.each([
    ['a member that is not shown', canonical({ ...request, also: 'this' })],
    ['a member of the target that is not shown', canonical({ ...request, target: { ...request.target, also: 'this' } })],
    ['other bytes that read alike', JSON.stringify(request)],
    ['an action that is not known', canonical({ ...request, action: 'delete_everything' })],
    ['no JSON', 'approve'],
  ])('P7 is not shown with %s', (_, signed) => {
    expect(parseSigned(signed)).toBeNull()
  })

  it('P7 is compared with the challenge by its SHA-256', async () => {
    const text = canonical({ ...request, reason: 'Ünïcode \u202e' })
    expect(await digestOf(text)).toBe(createHash('sha256').update(text).digest('base64url'))
  })
})
