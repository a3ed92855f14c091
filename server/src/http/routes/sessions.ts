import { SessionId } from '@countersign/contract/ids.ts'
import { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import {
  AccessLogPage,
  CreatedSession,
  CreateSession,
  ListAccessLog,
  ListSessions,
  RevokeSession,
  Session,
  SessionPage,
} from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { z } from 'zod'
import { listAccessLog } from '../../audit/access-log.ts'
import { parseCursor } from '../../audit/cursor.ts'
import { type Reads, recordRead } from '../../audit/read.ts'
import { getSession } from '../../sessions/get.ts'
import { listSessions } from '../../sessions/list.ts'
import { type OpenNeeds, openSession } from '../../sessions/open.ts'
import { type RevokeNeeds, revokeSession } from '../../sessions/revoke.ts'
import { listScopes } from '../../sessions/scopes.ts'
import { type Door, readerOf, staffOf } from '../door.ts'
import { problems } from '../fail.ts'

type Needs = OpenNeeds & RevokeNeeds & { gatewayUrl: string; reads: Reads }

const access = consoleRoles
const tags = ['support sessions']
const params = z.object({ session_id: SessionId })
// The verb parses its input itself: a refused attempt is on the record too. The schema here describes it.
const parsedByVerb = () => (value: unknown) => ({ value })

export const sessionRoutes = (app: Door, needs: Needs): void => {
  app.get(
    '/api/scopes',
    {
      config: { access },
      schema: { tags, summary: 'Scopes and presets that a session may have', response: { 200: ScopeCatalogue, ...problems } },
    },
    async () => listScopes(needs.config),
  )
  app.post(
    '/api/sessions',
    {
      config: { access },
      validatorCompiler: parsedByVerb,
      schema: { tags, summary: 'Create a support session', body: CreateSession, response: { 201: CreatedSession, ...problems } },
    },
    async (request, reply) => {
      const { session, token } = await openSession(needs, staffOf(request), request.body)
      return reply.code(201).send({ session, token, gateway_url: needs.gatewayUrl })
    },
  )
  app.get(
    '/api/sessions',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Support sessions, newest first, with counters',
        querystring: ListSessions,
        response: { 200: SessionPage, ...problems },
      },
    },
    async (request) => listSessions(needs, staffOf(request), request.query),
  )
  app.get(
    '/api/sessions/:session_id',
    { config: { access }, schema: { tags, summary: 'One support session', params, response: { 200: Session, ...problems } } },
    async (request) => getSession(needs, staffOf(request), request.params.session_id),
  )
  app.post(
    '/api/sessions/:session_id/revocation',
    {
      // Whoever opened it may end it, also without the role by now: the verb judges.
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'Revoke a support session; twice is harmless',
        params,
        body: RevokeSession,
        response: { 200: Session, ...problems },
      },
    },
    async (request) => revokeSession(needs, staffOf(request), request.params.session_id, request.body),
  )
  app.get(
    '/api/sessions/:session_id/access-log',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Every request of a session, refused ones too, newest first',
        params,
        querystring: ListAccessLog,
        response: { 200: AccessLogPage, ...problems },
      },
    },
    async (request) => {
      const { session_id } = request.params
      const { cursor } = request.query
      await getSession(needs, staffOf(request), session_id)
      await recordRead(
        needs,
        readerOf(staffOf(request)),
        { session_id },
        cursor === undefined ? undefined : { before: parseCursor(cursor) },
      )
      return listAccessLog(needs.store, session_id, request.query)
    },
  )
}
