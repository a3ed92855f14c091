import { createServer } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { Acme } from './acme.ts'
import { addAccount } from './api/account.ts'
import { addAttestations } from './api/attestations.ts'
import { addBilling } from './api/billing.ts'
import { addEvents } from './api/events.ts'
import { addExports } from './api/exports.ts'
import { addMembers } from './api/members.ts'
import { addNotifications } from './api/notifications.ts'
import { addTenant } from './api/tenant.ts'
import { mountAuth } from './auth/mount.ts'
import { mountConnector } from './connector/mount.ts'
import type { Faults } from './faults.ts'
import { type Journal, journaled } from './journal.ts'
import { mountPages } from './pages/mount.ts'
import { mountPresence } from './presence.ts'
import { Problem, type ProblemCode } from './problem.ts'

type Extras = { journal: Journal | undefined; faults: Faults | undefined }

export function buildServer(acme: Acme, { journal, faults }: Extras): FastifyInstance {
  const app = Fastify({
    bodyLimit: 1_000_000,
    forceCloseConnections: 'idle',
    logger: { level: 'error', stream: process.stderr },
    // Below the router, so that also what the router would refuse is in the journal, and before anything reads it.
    serverFactory: (handler) => createServer(journal ? journaled(journal, handler) : handler),
  })

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof Problem) return problem(reply, error.status, error.code, error.message)
    const status = (error as { statusCode?: number }).statusCode ?? 500
    if (status >= 500) request.log.error(error)
    return problem(reply, status, codeOf(status), status >= 500 ? 'something went wrong here' : (error as Error).message)
  })
  app.setNotFoundHandler((_request, reply) => problem(reply, 404, 'not_found', 'no such address'))
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })

  mountPages(app, acme)
  faults?.mount(app)
  mountAuth(app, acme)
  mountConnector(app, acme, faults)
  for (const add of [addAttestations, addBilling, addMembers, addExports, addEvents, addNotifications, addTenant, addAccount])
    add(app, acme)
  mountPresence(app, acme, journal)
  return app
}

const codeOf = (status: number): ProblemCode =>
  status === 413 ? 'too_large' : status === 404 ? 'not_found' : status < 500 ? 'bad_request' : 'internal'

function problem(reply: FastifyReply, status: number, code: ProblemCode, detail: string) {
  return reply
    .status(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: code.replaceAll('_', ' '), status, code, detail })
}
