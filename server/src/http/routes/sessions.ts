import { ActionRequest } from '@countersign/contract/action-requests.ts'
import { SessionId } from '@countersign/contract/ids.ts'
import { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import {
  AccessLogPage,
  AddTicket,
  AvoidSession,
  ClaimSession,
  CreatedSession,
  ExtendSession,
  ListAccessLog,
  ListSessions,
  OpenSession,
  RevokeSession,
  Session,
  SessionPage,
} from '@countersign/contract/sessions.ts'
import { z } from 'zod'
import { extendSession } from '../../actions/extend-session.ts'
import type { JudgeNeeds } from '../../actions/needs.ts'
import { openSession } from '../../actions/open-session.ts'
import type { Reads } from '../../audit/read.ts'
import type { Config } from '../../config.ts'
import { readAccessLog } from '../../sessions/access-log.ts'
import { addTicket } from '../../sessions/add-ticket.ts'
import { avoidSession } from '../../sessions/avoid.ts'
import { getSession } from '../../sessions/get.ts'
import { listSessions } from '../../sessions/list.ts'
import { revokeSession } from '../../sessions/revoke.ts'
import { listScopes } from '../../sessions/scopes.ts'
import { stayInSession } from '../../sessions/stay.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'
import { bodyParsedByVerb } from '../input.ts'

type Needs = JudgeNeeds & {
  config: Config
  gatewayUrl: string
  reads: Reads
  onRevoked: (sessionId: string) => void
}

const tags = ['support sessions']
const params = z.object({ session_id: SessionId })

export const sessionRoutes = (app: Door, needs: Needs): void => {
  app.get(
    '/api/scopes',
    {
      config: { access: listScopes.may },
      schema: { tags, summary: 'Scopes and presets that a session may have', response: { 200: ScopeCatalogue, ...problems } },
    },
    async (request) => listScopes({ ...ctxOf(request), ...needs }),
  )
  app.post(
    '/api/sessions',
    {
      config: { access: openSession.may },
      validatorCompiler: bodyParsedByVerb,
      schema: {
        tags,
        summary: 'Create a support session',
        body: z.union([OpenSession, ClaimSession]),
        response: { 201: CreatedSession, 202: ActionRequest.describe('Waits for an approval'), ...problems },
      },
    },
    async (request, reply) => {
      const opened = await openSession({ ...ctxOf(request), ...needs, address: request.raw.socket.remoteAddress }, request.body)
      if ('request' in opened) return reply.code(202).send(opened.request)
      return reply.code(201).send({ ...opened, gateway_url: needs.gatewayUrl })
    },
  )
  app.post(
    '/api/sessions/avoided',
    {
      config: { access: avoidSession.may },
      schema: {
        tags,
        summary: "The tenant's health answered what a session was to be opened for; the tenant sees that it was said",
        body: AvoidSession,
        response: { 204: z.null(), ...problems },
      },
    },
    async (request, reply) => {
      await avoidSession(ctxOf(request), request.body.tenant_id)
      return reply.code(204).send(null)
    },
  )
  app.get(
    '/api/sessions',
    {
      config: { access: listSessions.may },
      schema: {
        tags,
        summary: 'Support sessions, newest first, with counters',
        querystring: ListSessions,
        response: { 200: SessionPage, ...problems },
      },
    },
    async (request) => listSessions(ctxOf(request), request.query),
  )
  app.get(
    '/api/sessions/:session_id',
    {
      config: { access: getSession.may },
      schema: { tags, summary: 'One support session', params, response: { 200: Session, ...problems } },
    },
    async (request) => getSession(ctxOf(request), request.params.session_id),
  )
  app.post(
    '/api/sessions/:session_id/revocation',
    {
      config: { access: revokeSession.may, work: 'ends' },
      schema: {
        tags,
        summary: 'Revoke a support session; twice is harmless',
        params,
        body: RevokeSession,
        response: { 200: Session, ...problems },
      },
    },
    async (request) => revokeSession({ ...needs, ...ctxOf(request) }, { ...request.body, session_id: request.params.session_id }),
  )
  app.post(
    '/api/sessions/:session_id/extension',
    {
      config: { access: extendSession.may },
      validatorCompiler: bodyParsedByVerb,
      schema: {
        tags,
        summary: 'Let a support session of mine run longer; gated like its opening',
        params,
        body: ExtendSession,
        response: { 200: Session, 202: ActionRequest.describe('Waits for an approval'), ...problems },
      },
    },
    async (request, reply) => {
      const { session_id } = request.params
      const answer = await extendSession({ ...ctxOf(request), ...needs }, { ...request.body, session_id })
      if ('request' in answer) return reply.code(202).send(answer.request)
      return answer.session
    },
  )
  app.post(
    '/api/sessions/:session_id/stay',
    {
      config: { access: stayInSession.may },
      schema: { tags, summary: 'Say that I am there: the idle time counts from now', params, response: { 200: Session, ...problems } },
    },
    async (request) => stayInSession(ctxOf(request), request.params.session_id),
  )
  app.post(
    '/api/sessions/:session_id/ticket',
    {
      config: { access: addTicket.may },
      schema: {
        tags,
        summary: 'Name the ticket of a support session of mine that has none',
        params,
        body: AddTicket,
        response: { 200: Session, ...problems },
      },
    },
    async (request) => addTicket(ctxOf(request), { ...request.body, session_id: request.params.session_id }),
  )
  app.get(
    '/api/sessions/:session_id/access-log',
    {
      config: { access: readAccessLog.may },
      schema: {
        tags,
        summary: 'Every request of a session, refused ones too, newest first',
        params,
        querystring: ListAccessLog,
        response: { 200: AccessLogPage, ...problems },
      },
    },
    async (request) => readAccessLog({ ...ctxOf(request), ...needs }, { session_id: request.params.session_id, ...request.query }),
  )
}
