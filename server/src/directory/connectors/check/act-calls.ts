import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import {
  type ActName,
  type ActRefusal,
  actRefusals,
  ConnectorAct,
  ConnectorError,
  ConnectorUserDetail,
} from '@countersign/contract/connector.ts'
import { Fault } from '../../../outbound/check.ts'
import type { ActOrder } from '../../connector.ts'
import { actPath, bodyOf } from '../acts.ts'
import { type Answer, type Probe, readShape } from './probe.ts'

export type Order = Omit<ActOrder, 'approved_by'>

/** What differs from a good call of an order; another order is signed as such. */
export type Change = { order?: Order; claims?: object; headers?: Record<string, string>; body?: object }

/** How often, and how far apart, an act under way is asked for. */
const askings = 60
const pauseMs = 500

export const newOrder = (probe: Probe, userId: string, act: ActName, parameters: Order['parameters'] = {}): Order => ({
  id: `check_${randomUUID()}`,
  act,
  target: { kind: 'user', id: userId },
  parameters,
  requested_by: probe.asker,
  expires_at: new Date(Date.now() + 30_000),
})

export const post = (probe: Probe, given: Order, { order = given, ...change }: Change = {}): Promise<Answer> => {
  const path = actPath(order.target)
  const body = bodyOf({ ...order, approved_by: [], ...change.body })
  const headers = { 'content-type': 'application/json', 'idempotency-key': order.id, ...change.headers }
  return probe.send(path, probe.sign({ ...probe.claims(path, { body, order }), ...change.claims }), { headers, body })
}

export const requireRefusal = (answer: Answer, code: ActRefusal): string => {
  const said = readShape(answer, 'it', ConnectorError, actRefusals[code]).code
  if (said !== code) throw new Fault(`it was refused with the code "${said}", not ${code}`)
  return `${answer.status} ${code}`
}

export const readOutcome = (probe: Probe, { id }: Order): Promise<ConnectorAct> => probe.read(`/acts/${id}`, ConnectorAct)

/** Nothing happened under this id, and nothing is remembered. */
export const requireUnknown = async (probe: Probe, { id }: Order): Promise<void> => {
  const { status } = await probe.call(`/acts/${id}`)
  if (status !== 404) throw new Fault(`it was refused, and yet GET /acts/${id} answers ${status}, not 404`)
}

export const requireSame = (one: ConnectorAct, other: ConnectorAct, what: string): void => {
  if (!isDeepStrictEqual(one, other)) throw new Fault(`${what} tells another outcome`)
}

const readAct = (answer: Answer, { id, act, target }: Order): ConnectorAct => {
  const told = readShape(answer, `POST of ${act}`, ConnectorAct, answer.status === 202 ? 202 : 200)
  if (!isDeepStrictEqual([told.id, told.act, told.target], [id, act, target])) {
    throw new Fault(`${act} was answered with the outcome of another act`)
  }
  if ((answer.status === 202) !== (told.status === 'pending')) throw new Fault(`${told.status} was answered with ${answer.status}`)
  return told
}

export type Outcome = Exclude<ConnectorAct, { status: 'pending' }>

/** Asks for an act, and answers its outcome once there is one. */
export const settle = async (probe: Probe, order: Order): Promise<Outcome> => {
  let told = readAct(await post(probe, order), order)
  for (let asked = 0; told.status === 'pending'; asked++) {
    if (asked === askings) throw new Fault(`${order.act} is still pending after ${(askings * pauseMs) / 1000} s`)
    await wait(pauseMs)
    told = await readOutcome(probe, order)
  }
  return told
}

export const readUser = (probe: Probe, userId: string): Promise<ConnectorUserDetail> =>
  probe.read(`/users/${encodeURIComponent(userId)}`, ConnectorUserDetail)

type Effect = { left: string; isSo: (user: ConnectorUserDetail, order: Order) => boolean }

const hasNone =
  (...kinds: string[]): Effect['isSo'] =>
  ({ factors }) =>
    factors.every(({ kind }) => !kinds.includes(kind))

/** What must be so afterwards, as the product itself shows it. */
const effects: Partial<Record<ActName, Effect>> = {
  reset_passkey: { left: 'a passkey', isSo: hasNone('passkey') },
  reset_totp: { left: 'TOTP or recovery codes', isSo: hasNone('totp', 'recovery_codes') },
  revoke_session: {
    left: 'that session',
    isSo: ({ sessions }, { parameters }) => sessions.every(({ id }) => id !== parameters.session_id),
  },
  revoke_sessions: { left: 'a session', isSo: ({ sessions }) => sessions.length === 0 },
  suspend_account: { left: 'a way in', isSo: ({ user, sessions }) => user.status === 'suspended' && sessions.length === 0 },
  restore_account: { left: 'the suspension', isSo: ({ user }) => user.status !== 'suspended' },
}

/** Does it, asks again in both ways, and looks at the user. */
export const perform = async (probe: Probe, order: Order): Promise<string> => {
  const outcome = await settle(probe, order)
  if (outcome.status === 'failed') throw new Fault(`it failed: ${outcome.code}${outcome.message === null ? '' : `, ${outcome.message}`}`)
  requireSame(outcome, await settle(probe, order), 'the same call, sent again,')
  requireSame(outcome, await readOutcome(probe, order), `GET /acts/${order.id}`)
  const effect = effects[order.act]
  if (effect && !effect.isSo(await readUser(probe, order.target.id), order)) throw new Fault(`the user still shows ${effect.left}`)
  return `count ${outcome.count}`
}
