import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { holdLease, type Lease, LostLease, newElected, releaseLease, renewLease, takeLease } from '../../server/src/run/elected.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { asSuperuser, newDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await newDatabase()
})
afterEach(() => asSuperuser(database.superuserUrl, 'delete from leases'))
afterAll(() => database.close())

const take = (holder: string, name = 'feed:soc') => takeLease(database.store.db, { name, holder, seconds: 30 })
const taken = async (holder: string): Promise<Lease> => {
  const lease = await take(holder)
  if (!lease) throw new Error('no lease')
  return lease
}
/** The database's clock cannot be moved; the lease's end can. */
const expireLease = () => asSuperuser(database.superuserUrl, `update leases set expires_at = clock_timestamp() - interval '1 second'`)
const newCandidate = (holder: string) => newElected({ store: database.store, name: 'feed:soc', seconds: 30, holder })

describe('a lease', () => {
  it('is held by one at a time, by the database’s clock, and by the next one only with a higher fence', async () => {
    const first = await taken('a')
    expect(await take('b')).toBeUndefined()
    await expireLease()
    const second = await taken('b')
    expect(Number(second.fence)).toBe(Number(first.fence) + 1)
    expect(await renewLease(database.store.db, first)).toBe(false)
    expect(await renewLease(database.store.db, second)).toBe(true)
  })

  it('is taken by one of many that come for it at once, also the first time', async () => {
    const race = async () => (await Promise.all(Array.from({ length: 8 }, (_, n) => take(`candidate ${n}`)))).filter(Boolean)
    expect(await race()).toHaveLength(1)
    await expireLease()
    expect(await race()).toHaveLength(1)
  })

  it('of one name says nothing of another', async () => {
    await taken('a')
    expect(await take('b', 'feed:archive')).toMatchObject({ name: 'feed:archive', holder: 'b' })
  })

  it('that has run out cannot be renewed, and lets nothing be written, even where nobody else came', async () => {
    const lease = await taken('a')
    await expireLease()
    expect(await renewLease(database.store.db, lease)).toBe(false)
    await expect(transaction(database.store, (tx) => holdLease(tx, lease))).rejects.toThrow(LostLease)
  })

  it('that is held in a transaction cannot be taken before its end, although its time is over', async () => {
    const lease = await takeLease(database.store.db, { name: 'feed:soc', holder: 'a', seconds: 0.2 })
    if (!lease) throw new Error('no lease')
    const [isLocked, isToEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const order: string[] = []
    const holding = transaction(database.store, async (tx) => {
      await holdLease(tx, { ...lease, seconds: 30 })
      isLocked.resolve()
      await isToEnd.promise
      order.push('written')
    })
    await isLocked.promise
    const isOver = async () => (await asSuperuser(database.superuserUrl, 'select from leases where expires_at < clock_timestamp()')).length
    await expect.poll(isOver).toBe(1)
    const next = take('b').then((other) => order.push(other ? 'taken' : 'not taken'))
    isToEnd.resolve()
    await Promise.all([holding, next])
    expect(order).toEqual(['written', 'not taken'])
  })

  it('that was given up can be had at once', async () => {
    await releaseLease(database.store.db, await taken('a'))
    expect(await take('b')).toMatchObject({ holder: 'b' })
  })
})

describe('who is elected', () => {
  it('does the work, under one fence for as long as it goes well; the others do not', async () => {
    const [a, b] = [newCandidate('a'), newCandidate('b')]
    const first = await a.lead(async (lease) => lease)
    expect(await a.lead(async (lease) => lease)).toBe(first)
    expect(await b.lead(async () => 'done')).toBeUndefined()
    await a.release()
    expect(await b.lead(async () => 'done')).toBe('done')
  })

  it('has a new fence after a failure, so that what failed and is still under way changes nothing later', async () => {
    const a = newCandidate('a')
    const fences: string[] = []
    const failing = a.lead(async ({ fence }) => {
      fences.push(fence)
      throw new Error('connection lost')
    })
    await expect(failing).rejects.toThrow('connection lost')
    await a.lead(async ({ fence }) => void fences.push(fence))
    expect(fences).toEqual(['1', '2'])
    await expect(a.lead(async () => Promise.reject(new Error('again')))).rejects.toThrow('again')
    await a.release()
    expect(await newCandidate('b').lead(async () => 'done')).toBe('done')
  })

  it('notices at its next transaction that it was overtaken', async () => {
    const [a, b] = [newCandidate('a'), newCandidate('b')]
    const write = (lease: Lease) => transaction(database.store, (tx) => holdLease(tx, lease))
    await a.lead(write)
    await expireLease()
    await b.lead(write)
    await expect(a.lead(write)).rejects.toThrow(LostLease)
    expect(await a.lead(write)).toBeUndefined()
  })
})
