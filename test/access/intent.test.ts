import type { Event } from '@countersign/contract/events.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closeOpen, type Intent } from '../../server/src/access/intent.ts'
import { newId } from '../../server/src/ids.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { newRig, type Rig } from '../audit/rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await newRig()
})
afterAll(() => rig?.close())

const actor = { kind: 'operator', id: 'tester' } as const
const target = { kind: 'staff', id: 'stf_1' } as const
const requestOf = (id: string) => ({ id, method: 'POST', path: '/x' })

/** Any two events that name the same request will do: here a sign-in is meant to end in signing out. */
const intent: Intent<'AUTH.SIGNED_IN'> = {
  begun: 'AUTH.SIGNED_IN',
  ended: ['AUTH.SIGNED_OUT'],
  unknown: ({ request, details }) => ({
    action: 'AUTH.SIGNED_OUT',
    result: 'error',
    actor,
    target,
    request,
    details: { sign_in: details.sign_in },
  }),
}

const begin = async (signIn: string): Promise<string> => {
  const id = newId('request')
  await rig.record({
    action: 'AUTH.SIGNED_IN',
    result: 'ok',
    actor,
    target,
    request: requestOf(id),
    details: { roles: [], sign_in: signIn },
  })
  return id
}
const close = () =>
  transaction(rig.store, (tx) => closeOpen(tx, rig, intent, (entries) => sql`${sql.ref(`${entries}.target_id`)} = 'stf_1'`))
const outcomes = async (): Promise<Event[]> => {
  const rows = await rig.store.db.selectFrom('events').select('body').orderBy('n').execute()
  return rows.map(({ body }) => JSON.parse(body) as Event).filter(({ action }) => action === 'AUTH.SIGNED_OUT')
}

it('I2 gives each intent without an outcome the one that nobody knows, once', async () => {
  const ended = await begin('first')
  await rig.record({ action: 'AUTH.SIGNED_OUT', result: 'ok', actor, target, request: requestOf(ended), details: { sign_in: 'first' } })
  const open = await begin('second')
  await rig.sequencer.drain()
  expect(await close()).toBe(1)
  expect((await outcomes()).map(({ request, result }) => [request?.id, result])).toEqual([
    [ended, 'ok'],
    [open, 'error'],
  ])
  await rig.sequencer.drain()
  expect(await close()).toBe(0)
})

it('I2 leaves no outcome where the transaction that claims it fails', async () => {
  await begin('third')
  await rig.sequencer.drain()
  const failing = transaction(rig.store, async (tx) => {
    await closeOpen(tx, rig, intent, () => sql`true`)
    throw new Error('died')
  })
  await expect(failing).rejects.toThrow('died')
  expect(await outcomes()).toHaveLength(2)
})
