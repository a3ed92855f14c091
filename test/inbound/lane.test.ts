import { expect, it } from 'vitest'
import { newLane } from '../../server/src/inbound/lane.ts'

const limits = { atOnce: 2, atOncePerOwner: 1, waiting: 10, waitingPerOwner: 3, waitMs: 10_000 }
const codeOf = async (entering: () => unknown): Promise<unknown> => {
  try {
    await entering()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

it('who asks for little has a turn before who asks for much', async () => {
  const lane = newLane<string>({ atOnce: 1, atOncePerOwner: 1, waiting: 100, waitingPerOwner: 50, waitMs: 1_000 })
  const order: string[] = []
  const first = await lane.enter('much')
  const pass = async (owner: string) => {
    const { hasWaited, leave } = await lane.enter(owner)
    order.push(owner)
    expect(hasWaited).toBe(true)
    leave()
    leave()
  }
  const all = [...Array.from({ length: 5 }, () => pass('much')), pass('little')]
  first.leave()
  await Promise.all(all)
  expect(order.indexOf('little')).toBeLessThanOrEqual(1)
  expect(order).toHaveLength(6)
})

it('refuses what waits too long, beyond what may wait, or for somebody who has left', async () => {
  const lane = newLane<string>({ ...limits, waitMs: 20 })
  await lane.enter('much')
  expect(await codeOf(() => lane.enter('much'))).toBe('overloaded')
  expect(lane.waitingOf('much')).toBe(0)
  const patient = newLane<string>(limits)
  const { leave } = await patient.enter('much')
  const waiting = [1, 2, 3].map(() => codeOf(() => patient.enter('much')))
  expect(await codeOf(() => patient.enter('much'))).toBe('overloaded')
  expect(patient.waitingOf('much')).toBe(3)
  patient.drop('much')
  expect(await Promise.all(waiting)).toEqual(Array(3).fill('overloaded'))
  expect((await patient.enter('other')).hasWaited).toBe(false)
  leave()
  expect((await patient.enter('much')).hasWaited).toBe(false)
})

it('gives a place to others while one owner has all of its own', async () => {
  const lane = newLane<string>(limits)
  const first = await lane.enter('much')
  const second = lane.enter('much')
  const other = await lane.enter('little')
  expect(other.hasWaited).toBe(false)
  first.leave()
  expect((await second).hasWaited).toBe(true)
})
