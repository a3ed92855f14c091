import { type ActRefusal, actRefusals, ConnectorAct, ConnectorError } from '@countersign/contract/connector.ts'
import { CallFailure } from '../../outbound/failure.ts'
import { readJson } from '../../outbound/json.ts'
import type { Answer } from '../../outbound/line.ts'
import { isUnwell } from '../../outbound/peer.ts'
import type { ActOrder, ActOutcome, ActResult, Connector } from '../connector.ts'
import { type Calls, isSegment } from './calls.ts'

type Asked = Pick<ActOrder, 'id' | 'act' | 'target'>

/** The same bytes for the same order. */
export const bodyOf = ({ act, parameters, requested_by, approved_by }: Omit<ActOrder, 'id' | 'target' | 'expires_at'>): Buffer =>
  Buffer.from(JSON.stringify({ act, parameters, requested_by, approved_by }))

export const actPath = ({ kind, id }: ActOrder['target']): string => `/${kind}s/${encodeURIComponent(id)}/acts`

/** What the answer says came of this act; throws CallFailure `garbled` for anything else. */
const readOutcome = ({ id, act, target }: Asked, answer: Answer): ActOutcome => {
  const parsed = ConnectorAct.safeParse(readJson(answer))
  if (!parsed.success) throw new CallFailure('garbled', 'another shape', { cause: parsed.error })
  const told = parsed.data
  if (told.id !== id || told.act !== act || told.target.kind !== target.kind || told.target.id !== target.id) {
    throw new CallFailure('garbled', 'the outcome of another act')
  }
  if (told.status === 'done') return { status: 'done', count: told.count, at: told.at }
  if (told.status === 'failed') return { status: 'failed', code: told.code, message: told.message, at: told.at }
  return { status: 'pending' }
}

/** A refusal in the protocol's own words. Whoever stands between us and the product can answer 404, but not so. */
const findRefusal = (answer: Answer): { code: ActRefusal; message: string } | undefined => {
  const known = Object.entries(actRefusals) as [ActRefusal, number][]
  if (!known.some(([, status]) => status === answer.status)) return undefined
  const { success, data } = ConnectorError.safeParse(readJson(answer))
  const refusal = success && known.find(([code, status]) => code === data.code && status === answer.status)
  return refusal ? { code: refusal[0], message: data.message } : undefined
}

const failureFrom = ({ status }: Answer): CallFailure => new CallFailure(isUnwell(status) ? 'status' : 'garbled', `status ${status}`)

const readResult = (order: ActOrder, answer: Answer): ActResult => {
  if (answer.status === 200 || answer.status === 202) {
    const outcome = readOutcome(order, answer)
    if ((answer.status === 202) !== (outcome.status === 'pending')) throw new CallFailure('garbled', 'a status of another outcome')
    return outcome
  }
  const refusal = findRefusal(answer)
  if (refusal === undefined) throw failureFrom(answer)
  return { status: 'refused', ...refusal }
}

/** Acts at the product. `refuse` makes the refusal of a failed call. */
export const newActs = (calls: Calls, refuse: (cause: unknown) => unknown): Pick<Connector, 'act' | 'findAct'> => ({
  async act(order) {
    if (!isSegment(order.target.id)) return { status: 'refused', code: 'not_found', message: 'no such id' }
    if (order.expires_at.getTime() <= Date.now()) {
      return { status: 'not_sent', cause: new CallFailure('ours', 'the order has expired', { sent: false }) }
    }
    try {
      return readResult(order, await calls.post(actPath(order.target), order, bodyOf(order)))
    } catch (cause) {
      if (!(cause instanceof CallFailure)) throw cause
      return { status: cause.sent ? 'unknown' : 'not_sent', cause }
    }
  },
  async findAct(asked) {
    try {
      const answer = await calls.get(`/acts/${asked.id}`)
      if (answer.status === 200) return readOutcome(asked, answer)
      if (findRefusal(answer)?.code === 'not_found') return undefined
      throw failureFrom(answer)
    } catch (cause) {
      throw refuse(cause)
    }
  },
})
