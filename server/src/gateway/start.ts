import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { ServiceStatus } from '@countersign/contract/services.ts'
import { consoleRoles, type Role } from '@countersign/contract/staff.ts'
import { halveEvent } from '../audit/record.ts'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { passedAlways } from '../header-names.ts'
import { newId } from '../ids.ts'
import { authoritiesOf } from '../inbound/authorities.ts'
import { newLane } from '../inbound/lane.ts'
import { backlog, isMute, keepRoom } from '../inbound/room.ts'
import { saysOther, watchProtocol } from '../inbound/version.ts'
import type { LoopLog } from '../run/loop.ts'
import type { Admission } from '../sessions/admit.ts'
import { type CeilingConfig, rolesFor } from '../sessions/ceiling.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import { admit } from './admit.ts'
import { newClaims } from './assertion.ts'
import { newLoads } from './assets/loads.ts'
import { addAssets } from './assets/table.ts'
import { noteBroken } from './body.ts'
import { crowdedProblemOf } from './browser/crowded.ts'
import type { Browsers } from './browser/headers.ts'
import { newJars } from './browser/jar.ts'
import { answerReserved } from './browser/reserved.ts'
import { newByPerson } from './by-person.ts'
import { headersMaximum } from './checks/headers.ts'
import { checks, type Row } from './checks.ts'
import { brokenEvent } from './entries.ts'
import { type Exchange, type Gate, newExchange, type Tunnel } from './exchange.ts'
import { type ForwardNeeds, forward, newForwarded } from './forward.ts'
import { newOutbox } from './outbox.ts'
import { newProbes } from './probes.ts'
import { productOf } from './product.ts'
import { problemOf, refuse } from './refuse.ts'
import { compileRoutes, type DeclaredRoute } from './routes.ts'
import { newRunning, type Run } from './running.ts'
import { newStrangers } from './strangers.ts'
import { relay } from './streams/relay.ts'
import { wantsSocket } from './streams/wants.ts'
import { newTroubles } from './trouble.ts'
import { newUpstream } from './upstream.ts'
import { startWatch } from './watch.ts'
import type { Writer } from './writer.ts'

type Log = LoopLog & { error(facts: object, message: string): void }

type Needs = {
  config: CeilingConfig & Pick<Config, 'gateway' | 'sessions'>
  admission: Admission
  writer: Writer
  log: Log
  /** `iss` of assertions: where our public keys are found. */
  issuer: string
  /** The address that callers use. */
  gatewayUrl: string
  /** What keeps us from serving, if anything does. */
  findTrouble(): Promise<string | null>
  /** Where the product is shown in browsers, if anywhere. */
  browsers?: Browsers | undefined
}

export type Gateway = {
  address: AddressInfo
  /** Ends what runs in a session, now. */
  cut(sessionId: string): void
  /** Ends what runs in views that were closed, now. */
  cutViews(viewIds: readonly string[]): void
  /** Of the loops that look after what runs. */
  parts(): ServiceStatus[]
  /** Takes nothing new, and cuts what is still under way after this time. */
  drain(graceMs?: number): Promise<void>
  /** Drains it, if that was not done. */
  close(graceMs?: number): Promise<void>
}

/** Connections at once, and those of one session. */
const room = { connections: 6_000, perOwner: 500 }
/** Requests of sessions that are under way. What waits has not been admitted: a revocation still stops it. */
const ofSessions = { atOnce: 2_000, atOncePerOwner: 100, waiting: 4_000, waitingPerOwner: 200, waitMs: 10_000 }
/** Streams, which last: of a page as many as browsers open. None waits. */
const ofStreams = { atOnce: 1_500, atOncePerOwner: 50, waiting: 0, waitingPerOwner: 0, waitMs: 0 }
/** Requests on one connection are answered one after the other. */
const onConnections = { atOnce: 10_000, atOncePerOwner: 1, waiting: 10_000, waitingPerOwner: 100, waitMs: 10_000 }

/** Host names under which the gateway is called: its public address; on loopback also the numeric one. */
const hostsOf = (gatewayUrl: string, port: number): Set<string> => {
  const hosts = authoritiesOf(gatewayUrl)
  const { hostname } = new URL(gatewayUrl)
  if (hostname === 'localhost' || hostname === '127.0.0.1') for (const name of ['localhost', '127.0.0.1']) hosts.add(`${name}:${port}`)
  return hosts
}

/** What Node's parser refuses before there is a request. */
const refusalOfBroken = (code: string | undefined): Refusal => {
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new Refusal('headers_too_large')
  if (code === 'HPE_INVALID_URL')
    return new Refusal('target_refused', {
      detail: 'A character that cannot stand in a target as it is: write spaces and whatever is not ASCII percent-encoded.',
    })
  return new Refusal(code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'invalid_request')
}

/** Says goodbye, and waits a moment for the other side to read it before the connection goes. */
const hangUp = (socket: Socket, bytes?: string): void => {
  if (bytes === undefined) socket.end()
  else socket.end(bytes)
  const timer = setTimeout(() => socket.destroy(), 1_000)
  socket.once('close', () => clearTimeout(timer))
}

type Counted = Socket & {
  inFlight?: number
  /** No more is read of it for now. */
  isHeld?: boolean
  /** Its last answer is on the way: what came after that request is not looked at (RFC 9112 section 9.6). */
  isEnding?: boolean
}

/** An answer on a connection that was taken off HTTP: its last one. */
const takeOff = (request: IncomingMessage, socket: Socket, isLost: boolean): ServerResponse => {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  socket.on('error', () => socket.destroy())
  if (isLost) return response
  response.assignSocket(socket)
  return response.once('finish', () => hangUp(socket))
}

const hold = (socket: Counted): void => {
  socket.isHeld = true
  socket.pause()
}
const letGo = (socket: Counted): void => {
  if (!socket.isHeld || socket.isEnding) return
  socket.isHeld = false
  socket.resume()
}

/** The gateway: judges, records, forwards. Settled when it listens. */
export const startGateway = async ({
  config,
  admission,
  writer,
  log,
  issuer,
  gatewayUrl,
  browsers,
  findTrouble,
}: Needs): Promise<Gateway> => {
  const { gateway: settings, sessions: limits } = config
  const secure = gatewayUrl.startsWith('https:')
  const routes = addAssets(compileRoutes(settings), settings)
  const running = newRunning()
  const views = newRunning()
  const isByPerson = newByPerson({ idleMs: limits.idle_minutes * 60_000 })
  const jars = newJars()
  const outbox = newOutbox(writer, log)
  const loads = newLoads(outbox)
  const streams = new Set<Run>()
  const product = productOf(settings)
  const upstream = newUpstream({
    product,
    timeoutMs: settings.upstream_timeout_seconds * 1000,
    idleTimeoutMs: settings.upstream_idle_seconds * 1000,
  })
  const strangers = newStrangers({ note: (event) => writer.note(halveEvent(event)), log })
  const claims = newClaims({ issuer, product })
  const roles = new Map(settings.routes.map(({ scope }) => [scope, rolesFor(config, scope)]))
  const needs = {
    admission,
    writer,
    claims,
    strangers,
    log,
    secure,
    browsers,
    rolesFor: (scope: string | null): readonly Role[] => (scope === null ? consoleRoles : (roles.get(scope) ?? [])),
  }
  const forwarding: ForwardNeeds = {
    writer,
    outbox,
    loads,
    running,
    views,
    streams,
    upstream,
    upstreamTimeoutMs: settings.upstream_timeout_seconds * 1000,
    upstreamIdleMs: settings.upstream_idle_seconds * 1000,
    product,
    forwardHeaders: newForwarded(settings.forward_headers),
    passHeaders: new Set([...passedAlways, ...settings.pass_headers]),
    troubles: newTroubles(log),
    jars,
    publicBaseOf: ({ headers, place }) => {
      if (browsers && place) return (upstream) => browsers.labels.originOf({ label: place.label, upstream })
      const base = `${secure ? 'https' : 'http'}://${headers.get('host')?.toLowerCase()}`
      return (name, path) => (routes.leadsTo(name, path) ? base : undefined)
    },
    maxRequestBytes: settings.max_request_bytes,
    uploadIdleMs: settings.upload_idle_seconds * 1000,
    secure,
    browsers,
  }
  let closing = false
  let inFlight = 0
  const sessions = newLane<string>(ofSessions)
  const streaming = newLane<string>(ofStreams)
  const turns = newLane<Socket>(onConnections)
  const gate: Gate = {
    authorities: new Set(),
    routes,
    maxRequestBytes: settings.max_request_bytes,
    isClosing: () => closing,
    isOtherProtocol: () => false,
    findFacts: admission.findFacts,
    browsers,
    handOver: admission.handOver,
    secure,
  }

  const probes = newProbes({ findTrouble, isClosing: () => closing, secure })

  const judge = async (rows: readonly Row[], exchange: Exchange): Promise<void> => {
    for (const row of rows) {
      const pending = row[exchange.caller]?.(exchange, gate)
      if (pending) await pending
    }
  }

  const pass = async (exchange: Exchange): Promise<void> => {
    await judge(checks.request, exchange)
    if (exchange.caller === 'browser' && (await answerReserved(exchange, gate))) return
    await judge(checks.session, exchange)
    // A page loads its files by itself.
    exchange.isByPerson = exchange.route?.kind === 'request' && isByPerson(exchange)
    const sessionId = (exchange.facts as SessionFacts).id
    const { socket } = exchange.request
    if (!connections.know(socket, sessionId)) throw new Refusal('overloaded', { detail: 'Too many connections of this session are open.' })
    const { kind } = exchange.route as DeclaredRoute
    const place = await (kind === 'sse' || kind === 'websocket' ? streaming : sessions).enter(sessionId)
    try {
      if (place.hasWaited && socket.destroyed)
        throw new Refusal('overloaded', { detail: 'The caller went away while it waited for others.' })
      const admitted = await admit(needs, exchange)
      await (kind === 'websocket' ? relay : forward)(forwarding, exchange, admitted)
    } finally {
      place.leave()
    }
  }

  /** A request in its turn on the connection. While too many wait there, no more is read from it. */
  const passInTurn = async (exchange: Exchange, socket: Counted): Promise<void> => {
    const entering = turns.enter(socket)
    if (turns.waitingOf(socket) >= onConnections.waitingPerOwner) hold(socket)
    const turn = await entering
    try {
      await pass(exchange)
    } catch (error) {
      await refuse(needs, exchange, error)
    } finally {
      turn.leave()
      if (turns.waitingOf(socket) < onConnections.waitingPerOwner / 2) letGo(socket)
    }
  }

  const serve = async (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean, tunnel?: Tunnel): Promise<void> => {
    const socket = request.socket as Counted
    if (socket.isEnding) return
    const place = browsers?.labels.find(request.headers.host ?? '')
    if (!place && probes(request, response)) return
    const exchange = newExchange(request, response, expectsContinue, place, tunnel)
    inFlight++
    socket.inFlight = (socket.inFlight ?? 0) + 1
    try {
      await passInTurn(exchange, socket)
    } catch (error) {
      // It had no turn.
      socket.isEnding = true
      hold(socket)
      await refuse(needs, exchange, error)
    } finally {
      inFlight--
      socket.inFlight--
    }
  }

  const brokenAnswer = (refusal: Refusal, { rawPacket }: { rawPacket?: Buffer | undefined }, id: string) => {
    const crowded = refusal.code === 'headers_too_large' && browsers && crowdedProblemOf(browsers, rawPacket, { id, refusal, secure })
    return { status: refusal.status, ...(crowded || problemOf(refusal, id, secure)) }
  }

  /** There is no request yet, only bytes that are none: recorded and answered all the same. */
  const refuseBroken = async (error: Error & { code?: string; rawPacket?: Buffer }, socket: Counted): Promise<void> => {
    if (!socket.writable || socket.destroyed || error.code === 'ECONNRESET' || isMute(error, socket)) return void socket.destroy()
    // An answer is under way on this connection: another one would be taken for a part of it.
    if ((socket.inFlight ?? 0) > 0) {
      if (error.code !== 'HPE_INVALID_EOF_STATE') noteBroken(socket, refusalOfBroken(error.code))
      return void socket.destroy()
    }
    const id = newId('request')
    let answer = strangers.mayAsk(socket.remoteAddress) ? refusalOfBroken(error.code) : new Refusal('too_many_requests')
    try {
      await strangers.record(brokenEvent(id, answer, socket.remoteAddress))
    } catch {
      answer = new Refusal('store_unavailable')
    }
    if (socket.destroyed) return
    const { status, headers, body } = brokenAnswer(answer, error, id)
    const lines = [...headers, 'connection', 'close'].map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
    hangUp(socket, `HTTP/1.1 ${status} Refused\r\n${lines}\r\n${body}`)
  }

  const server: Server = createServer(
    {
      maxHeaderSize: 16_384,
      headersTimeout: 10_000,
      // A body may take as long as it goes on coming (body.ts); one that nobody reads ends its connection.
      requestTimeout: 0,
      keepAliveTimeout: settings.keep_alive_seconds * 1000,
      connectionsCheckingInterval: 500,
      insecureHTTPParser: false,
      // A missing Host is refused by the check, on the record.
      requireHostHeader: false,
      noDelay: true,
      shouldUpgradeCallback: wantsSocket(routes, saysOther),
    },
    (request, response) => void serve(request, response, false),
  )
  server.maxHeadersCount = headersMaximum + 1
  const connections = keepRoom(server, room)
  gate.isOtherProtocol = watchProtocol(server)
  server.on('connection', (socket: Socket) => socket.once('close', () => turns.drop(socket)))
  server.on('checkContinue', (request, response) => void serve(request, response, true))
  server.on('checkExpectation', (request, response) => void serve(request, response, false))
  server.on('clientError', (error, socket) => void refuseBroken(error, socket as Socket))
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const { inFlight: before = 0 } = socket as Counted
    const response = takeOff(request, socket, before > 0)
    if (before === 0) return void serve(request, response, false, { socket, head })
    // An answer is under way on this connection, and nothing can follow it any more.
    const refusal = new Refusal('upgrade_refused', { detail: 'Another request was under way on the connection.' })
    void refuse(needs, newExchange(request, response, false, browsers?.labels.find(request.headers.host ?? '')), refusal)
    socket.destroy()
  })
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    const response = takeOff(request, socket, false)
    void refuse(needs, newExchange(request, response, false), new Refusal('upgrade_refused'))
  })
  const leave = async (): Promise<void> => {
    loads.flushAll()
    await Promise.all([strangers.close(), outbox.close()])
    jars.close()
    await upstream.close()
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: settings.port, host: settings.host, backlog }, () => resolve())
  }).catch(async (error) => {
    await leave()
    throw error
  })
  const address = server.address() as AddressInfo
  gate.authorities = hostsOf(gatewayUrl, address.port)
  const watch = startWatch({
    name: 'gateway watch',
    look: async (ids) => {
      for (const [id, found] of await admission.lookAt(ids)) running.heed(id, found)
    },
    running,
    log,
  })
  const viewWatch = startWatch({
    name: 'gateway views',
    look: async (ids) => {
      for (const [id, code] of await admission.handOver.findClosed(ids)) views.cut(id, code)
    },
    running: views,
    log,
  })

  let drained: Promise<void> | undefined
  const drain = async (graceMs: number): Promise<void> => {
    closing = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const stream of [...streams]) stream.cut('shutting_down')
    const patience = AbortSignal.timeout(graceMs)
    while (inFlight > 0 && !patience.aborted) await wait(20)
    running.cutAll('shutting_down')
    server.closeIdleConnections()
    for (let i = 0; inFlight > 0 && i < 100; i++) await wait(20)
    server.closeAllConnections()
    await closed
  }
  const drainOnce = (graceMs = 10_000): Promise<void> => {
    drained ??= drain(graceMs)
    return drained
  }
  return {
    address,
    cut: (sessionId) => {
      jars.drop(sessionId)
      running.end(sessionId)
      loads.flush(sessionId)
    },
    cutViews: (viewIds) => {
      for (const viewId of viewIds) views.end(viewId, 'view_closed')
    },
    parts: () => [watch.status(), viewWatch.status(), outbox.status(), strangers.status()],
    drain: drainOnce,
    close: async (graceMs) => {
      await drainOnce(graceMs)
      await Promise.all([watch.stop(), viewWatch.stop()])
      await leave()
    },
  }
}
