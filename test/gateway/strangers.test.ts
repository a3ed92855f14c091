import { describe, expect, it } from 'vitest'
import { denialOf } from '../../server/src/access/deny.ts'
import { anonymous } from '../../server/src/access/principal.ts'
import type { DenialOf } from '../../server/src/audit/record.ts'
import { Refusal } from '../../server/src/errors.ts'
import { newPace, ownerOf } from '../../server/src/gateway/pace.ts'
import { newStrangers } from '../../server/src/gateway/strangers.ts'

const refused = denialOf(new Refusal('token_missing'), { action: 'GATEWAY.REFUSED', actor: anonymous, details: { peer: '::1' } })

const newRig = () => {
  const noted: DenialOf<'GATEWAY.REFUSED'>[] = []
  const clock = { ms: 0 }
  const store = { fails: false }
  const strangers = newStrangers({
    note: async (event) => {
      if (store.fails) throw new Error('the database does not answer')
      noted.push(event)
    },
    log: { info: () => {}, warn: () => {} },
    now: () => clock.ms,
  })
  const refuse = async (times: number) => {
    for (let i = 0; i < times; i++) await strangers.record(refused)
  }
  return { noted, clock, store, strangers, refuse }
}

describe('RL-1 refusals of callers whom nobody knows', () => {
  it('are recorded 120 times a minute, and the next one recorded has the number of the others', async () => {
    const { noted, clock, strangers, refuse } = newRig()
    await refuse(200)
    expect(noted).toHaveLength(120)
    clock.ms = 60_000
    await refuse(2)
    expect(noted.slice(120).map(({ details }) => details)).toEqual([{ peer: '::1', unrecorded: 80 }, { peer: '::1' }])
    await strangers.close()
    expect(noted).toHaveLength(122)
  })

  it('are counted on the record also where no other one comes', async () => {
    const { noted, strangers, refuse } = newRig()
    await refuse(150)
    await strangers.flush()
    await strangers.flush()
    expect(noted.slice(120)).toMatchObject([{ action: 'GATEWAY.REFUSED', details: { unrecorded: 30 } }])
    await refuse(1)
    await strangers.close()
    expect(noted.slice(121)).toMatchObject([{ details: { unrecorded: 1 } }])
  })

  it('are not forgotten where the database does not answer', async () => {
    const { noted, clock, store, strangers, refuse } = newRig()
    await refuse(130)
    store.fails = true
    await expect(strangers.flush()).rejects.toThrow('does not answer')
    clock.ms = 60_000
    await expect(refuse(1)).rejects.toThrow('does not answer')
    store.fails = false
    await refuse(1)
    expect(noted.at(-1)?.details).toEqual({ peer: '::1', unrecorded: 10 })
    await strangers.close()
  })
})

describe('RL-1 the pace of an address', () => {
  const rig = () => {
    const clock = { ms: 0 }
    return { clock, pace: newPace({ burst: 3, perSecond: 2, now: () => clock.ms }) }
  }

  it('is a burst, and so many a second from then on, never more than a burst', () => {
    const { clock, pace } = rig()
    const taken = () => Array.from({ length: 5 }, () => pace.take('a')).filter(Boolean).length
    expect(taken()).toBe(3)
    clock.ms = 499
    expect(taken()).toBe(0)
    clock.ms = 1_000
    expect(taken()).toBe(2)
    clock.ms = 60_000
    expect(taken()).toBe(3)
  })

  it('is each address’s own', () => {
    const { pace } = rig()
    for (let i = 0; i < 9; i++) pace.take('a')
    expect(pace.take('b')).toBe(true)
  })

  it('is forgotten of the address refused longest ago, where there are too many to remember', () => {
    const { pace } = rig()
    for (let i = 0; i < 3; i++) pace.take('a')
    expect(pace.take('a')).toBe(false)
    for (let i = 0; i < 9_999; i++) pace.take(`other ${i}`)
    expect(pace.take('a')).toBe(false)
    for (let i = 0; i < 10_000; i++) pace.take(`another ${i}`)
    expect(pace.take('a')).toBe(true)
  })

  it('is that of a whole IPv6 network of 64 bits, which one caller has', () => {
    const { pace } = rig()
    const taken = Array.from({ length: 9 }, (_, i) => pace.take(`2001:db8:0:7::${i + 1}`)).filter(Boolean)
    expect(taken).toHaveLength(3)
    expect(pace.take('2001:db8:0:8::1')).toBe(true)
  })

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::1', '0:0:0:0'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:0DB8:0:1::', '2001:db8:0:1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['unknown', 'unknown'],
  ])('counts %s as %s', (address, owner) => {
    expect(ownerOf(address)).toBe(owner)
  })
})
