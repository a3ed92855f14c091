import { describe, expect, it } from 'vitest'
import { createAccount } from './account.ts'

const erasure = (members: Record<string, number>, through: number, tenant_id?: string) => ({
  action: 'PERSONAL_DATA.ERASED',
  id: 'evt_e',
  occurred_at: '2026-11-20T12:00:00.000000Z',
  actor: { id: 'root' },
  ...(tenant_id === undefined ? {} : { tenant_id }),
  details: { members, through },
})
const none = new Map<string, string>()
const lacking = (member: string, digest: string) => new Map([[member, digest]])

describe('M3 what an erasure accounts for', () => {
  it('is what it names: the member, the tenant, up to its index, so many', () => {
    const account = createAccount()
    account.add(0, { tenant_id: 'a' }, 2, lacking('label', 'd0'))
    account.add(1, { tenant_id: 'a' }, 0, lacking('label', 'd1'))
    account.add(2, { tenant_id: 'a' }, 0, lacking('ticket', 'd2'))
    account.add(3, { tenant_id: 'b' }, 0, lacking('label', 'd3'))
    account.add(4, {}, 0, lacking('label', 'd4'))
    account.add(5, erasure({ label: 1 }, 4, 'a'), 1, none)
    account.add(6, { tenant_id: 'a' }, 0, lacking('label', 'd6'))
    expect(account.finish()).toEqual({
      checked: 3,
      erased: 1,
      erasures: [{ index: 5, event_id: 'evt_e', occurred_at: '2026-11-20T12:00:00.000000Z', by: 'root', values: 1 }],
      missing: [
        { index: 1, member: 'label' },
        { index: 2, member: 'ticket' },
        { index: 3, member: 'label' },
        { index: 4, member: 'label' },
        { index: 6, member: 'label' },
      ],
    })
  })

  it('is not what came after it, however many it erased', () => {
    const account = createAccount()
    account.add(0, erasure({ label: 5 }, -1, 'a'), 0, none)
    account.add(1, { tenant_id: 'a' }, 0, lacking('label', 'd1'))
    expect(account.finish().missing).toEqual([{ index: 1, member: 'label' }])
  })

  it('counts a value that entries share once, at the first of them, also where later ones follow the erasure', () => {
    const account = createAccount()
    account.add(0, {}, 0, lacking('actor.email', 'shared'))
    account.add(1, erasure({ 'actor.email': 1 }, 0), 0, none)
    account.add(2, {}, 0, lacking('actor.email', 'shared'))
    expect(account.finish()).toMatchObject({ erased: 1, missing: [] })
  })
})
