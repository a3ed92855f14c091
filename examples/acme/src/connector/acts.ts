import { isDeepStrictEqual } from 'node:util'
import type { FastifyRequest } from 'fastify'
import type { JWTPayload } from 'jose'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { noteCall, noteOutcome } from '../acts/calls.ts'
import { type Answer, type Order, perform, recall } from '../acts/perform.ts'
import { acts } from '../acts/table.ts'
import { parse } from '../api/route.ts'
import { Problem } from '../problem.ts'
import { clockToleranceSeconds } from '../trust/verify.ts'

const ActId = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/)
const Staff = z.object({ sub: z.string().min(1).max(200), email: z.string().min(1).max(320) })
const ActRequest = z.object({
  act: z.string().max(100),
  parameters: z.strictObject({ session_id: z.string().min(1).max(200).optional() }),
  requested_by: Staff,
  approved_by: z.array(Staff).max(10),
})
const longestBody = 10_000

export async function postAct(acme: Acme, on: { request: FastifyRequest; claims: JWTPayload; kind: 'user' | 'tenant' }): Promise<Answer> {
  const order = readOrder(on)
  const { db } = acme.database
  const seq = await noteCall(db, order)
  try {
    const { answer, repeated } = await perform(acme, order, (tx, outcome) =>
      noteOutcome(tx, seq, { outcome: outcome.status, ...(outcome.status === 'failed' ? { code: outcome.code } : {}) }),
    )
    if (repeated) await noteOutcome(db, seq, { outcome: 'repeated' })
    return answer
  } catch (error) {
    if (error instanceof Problem) await noteOutcome(db, seq, { outcome: 'refused', code: error.code })
    throw error
  }
}

export async function getAct(acme: Acme, id: string): Promise<Answer> {
  const answer = await recall(acme.database, parse(ActId, id))
  if (!answer) throw new Problem('not_found', 'no act has this id')
  return answer
}

/** The order as body, path and key say it, which the signed token has to repeat. */
function readOrder({ request, claims, kind }: { request: FastifyRequest; claims: JWTPayload; kind: 'user' | 'tenant' }): Order {
  const id = parse(ActId, request.headers['idempotency-key'])
  const target = { kind, id: (request.params as { id: string }).id }
  const { act, parameters, requested_by, approved_by } = parse(ActRequest, readJson(request.body))
  const known = acts[act]
  if (known?.on !== kind) throw new Problem('unknown_act', `no act ${JSON.stringify(act)} on a ${kind}`)
  if ((parameters.session_id !== undefined) !== (known.takesSession === true))
    throw new Problem('bad_request', `parameters: not those of ${act}`)
  if (!isDeepStrictEqual(claims.operation, { id, act, target })) throw new Problem('bad_request', 'operation is not what this call says')
  if (!isDeepStrictEqual(claims.act, requested_by)) throw new Problem('bad_request', 'requested_by is not who the token names')
  return {
    id,
    act,
    target,
    parameters,
    requestedBy: requested_by.email,
    approvedBy: approved_by.map((staff) => staff.email),
    deadline: Number(claims.exp) + clockToleranceSeconds,
  }
}

function readJson(body: unknown): unknown {
  if (!Buffer.isBuffer(body) || body.length > longestBody) throw new Problem('bad_request', 'body: none, or too long')
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new Problem('bad_request', 'body: not JSON')
  }
}
