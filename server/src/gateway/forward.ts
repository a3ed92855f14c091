import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Transform, Writable } from 'node:stream'
import type { ErrorCode } from '@countersign/contract/errors.ts'
import { defaultUpstream } from '@countersign/contract/views.ts'
import type { Dispatcher } from 'undici'
import { Refusal } from '../errors.ts'
import { forwardedAlways } from '../header-names.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import type { Passable } from './admit.ts'
import { announcedBytes, filterHead, ownHeaders } from './answer.ts'
import { cachingOf, varyBySession } from './assets/caching.ts'
import { type BodyLimits, feedBody, findBroken } from './body.ts'
import { viewHeaders } from './browser/headers.ts'
import type { Jars } from './browser/jar.ts'
import { rewritePage } from './browser/rewrite.ts'
import { Delivery, Held } from './delivery.ts'
import { heldElsewhere, isLookedAt } from './elsewhere.ts'
import { type Reached, type Why, whyOf } from './ending.ts'
import type { Exchange } from './exchange.ts'
import { mapAddress, type PublicBase } from './map-address.ts'
import { newOutcome, type Outcome, type OutcomeNeeds } from './outcome.ts'
import { addressOf, type Product, type ProductAddress } from './product.ts'
import { answerProblem, type Doors } from './refuse.ts'
import { isEventStream } from './streams/events.ts'
import type { Troubles } from './trouble.ts'
import { enlist, type Lists, newBegin, strike, type UnderWay } from './under-way.ts'
import type { Upstream } from './upstream.ts'

/** What the product is told of the caller's headers; of a stream, what is not compressed, as that comes when there is enough of it. */
export type Forwarded = { always: readonly string[]; to_stream: readonly string[] }

export const newForwarded = (further: readonly string[]): Forwarded => {
  const always = [...new Set([...forwardedAlways, ...further])]
  return { always, to_stream: [...always.filter((name) => name !== 'accept-encoding'), 'last-event-id'] }
}

export type ForwardNeeds = BodyLimits &
  Doors &
  OutcomeNeeds &
  Lists & {
    upstream: Upstream
    upstreamTimeoutMs: number
    /** Longest that a WebSocket may be silent. */
    upstreamIdleMs: number
    product: Product
    /** Names of headers that pass to the product, and back. */
    forwardHeaders: Forwarded
    passHeaders: ReadonlySet<string>
    troubles: Troubles
    /** The product's cookies of each session. */
    jars: Jars
    /** Where the caller of a request reaches the product's addresses. */
    publicBaseOf(exchange: Exchange): PublicBase
  }

const interimMaximum = 10

/** The headers of the request to the product. A page is rewritten on its way back, so it is asked for unpacked. */
export const headersFor = (forwarded: Forwarded, exchange: Exchange, assertion: string | undefined): string[] => {
  const { id, headers, has_body, route } = exchange
  const sent = ['countersign-request-id', id, 'x-request-id', id]
  if (assertion !== undefined) sent.push('countersign-assertion', assertion)
  for (const name of route?.kind === 'sse' ? forwarded.to_stream : forwarded.always) {
    const value = headers.get(name)
    if (value !== undefined) sent.push(name, name === 'accept-encoding' && isLookedAt(exchange) ? 'identity' : value)
  }
  const length = has_body ? headers.get('content-length') : undefined
  if (length !== undefined) sent.push('content-length', length)
  return sent
}

/** Headers of ours on an answer of the product. */
export const answerHeaders = ({ secure, browsers }: Doors, { id, place, sister }: Exchange, caching?: string): string[] =>
  browsers && place ? viewHeaders(browsers, { id, place, secure, sister, caching }) : ownHeaders(id, secure, caching)

/**
 * Where a request is. It goes from one to the next, and from each of them to its end.
 *
 *   sent ─► answered ─► released ─► over
 */
type State =
  /** Sent to the product, nothing heard yet. */
  | { name: 'sent' }
  /** The answer's head is here, its completion is being recorded; nothing has been released. */
  | { name: 'answered'; held: Held }
  /** Recorded, and on its way to the caller. */
  | { name: 'released'; delivery: Delivery }
  | { name: 'over' }

const sent: State = { name: 'sent' }
const over: State = { name: 'over' }

/** The product has nothing more to say: its connection may serve another request of the session. */
const isAnswerWhole = (state: State): boolean =>
  state.name === 'answered' ? state.held.isWhole : state.name === 'released' && state.delivery.isWhole

const reachedIn = (state: Exclude<State, { name: 'over' }>): Reached =>
  state.name === 'released' ? { status: state.delivery.status, bytes: state.delivery.goneBytes() } : state.name

/** How long a caller may go on sending what nobody wants any more: it reads its answer only then, as a rule. */
const lingerMs = 5_000

const lingerFor = (request: IncomingMessage): void => {
  if (request.complete || request.destroyed) return
  const timer = setTimeout(() => request.socket.destroy(), lingerMs)
  for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer))
}

/** One admitted request on its way to the product and back. */
class Passage implements Dispatcher.DispatchHandler, UnderWay {
  readonly #needs: ForwardNeeds
  readonly #exchange: Exchange
  readonly #facts: SessionFacts
  readonly #admitted: Passable
  readonly #outcome: Outcome
  readonly #over = Promise.withResolvers<void>()
  #state: State = sent
  #interim = 0
  #caching: string | undefined
  /** What it holds of the product's connection, to be given back at its end. */
  #controller: Dispatcher.DispatchController | undefined
  #body: Transform | undefined
  #release: (() => void) | undefined
  #steps: readonly Transform[] = []

  constructor(needs: ForwardNeeds, exchange: Exchange, facts: SessionFacts, admitted: Passable) {
    this.#needs = needs
    this.#exchange = exchange
    this.#facts = facts
    this.#admitted = admitted
    this.#outcome = newOutcome(needs, exchange, facts)
  }

  /** Settled when the request is over, for a gateway that closes. */
  get done(): Promise<void> {
    return this.#over.promise
  }

  get #isStream(): boolean {
    return this.#exchange.route?.kind === 'sse'
  }

  get #address(): ProductAddress {
    return addressOf(this.#needs.product, this.#exchange.route?.upstream ?? defaultUpstream)
  }

  get roles(): Passable['needed']['roles'] {
    return this.#admitted.needed.roles
  }

  /** Where cookies of the product are kept for, and sent to: of a browser, on routes that say so. */
  get #cookieUrl(): string | undefined {
    const { place, route, target } = this.#exchange
    const { origin, base } = this.#address
    return place && route?.keeps_cookies ? origin + base + target : undefined
  }

  start(): void {
    const { deadlineMs } = this.#admitted
    const exchange = this.#exchange
    const why = enlist(this.#needs, { exchange, sessionId: this.#facts.id, deadlineMs, isStream: this.#isStream }, this)
    exchange.response.once('close', () => this.#onClose()).on('error', () => this.#onClose())
    if (why === undefined) this.#dispatch()
    else this.stop(why)
  }

  #dispatch(): void {
    const { upstream } = this.#needs
    const { request, response, method, target, has_body, expects_continue } = this.#exchange
    const { name, base } = this.#address
    const { pool, release } = upstream.lend(name, this.#facts.id)
    this.#release = release
    const headers = headersFor(this.#needs.forwardHeaders, this.#exchange, this.#admitted.assertion)
    const cookie = this.#cookieUrl && this.#needs.jars.find(this.#facts.id, this.#cookieUrl)
    if (cookie) headers.push('cookie', cookie)
    if (has_body) {
      this.#body = feedBody(request, this.#needs, this.#exchange.look)
      if (expects_continue) response.writeContinue()
    }
    try {
      const options = { path: base + target, method: method as Dispatcher.HttpMethod, headers, body: this.#body ?? null }
      // A stream may say nothing for as long as its session runs.
      pool.dispatch(this.#isStream ? { ...options, bodyTimeout: 0 } : options, this)
    } catch (error) {
      this.onResponseError(undefined, error as Error)
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#state === over) controller.abort(new Error('over'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    if (this.#state !== sent) return
    try {
      if (status < 200) this.#passInterim()
      else this.#hold(controller, status, headers)
    } catch (error) {
      controller.abort(error as Error)
    }
  }

  #passInterim(): void {
    this.#interim++
    if (this.#interim > interimMaximum) throw new Refusal('upstream_refused', { detail: 'It sent too many interim answers.' })
  }

  /** sent ─► answered: nothing is released before the completion is durable, where it has to be. */
  #hold(controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    const head = filterHead(status, headers, this.#needs.passHeaders, (reference) => this.#map(reference))
    if (this.#exchange.route?.kind === 'asset') {
      head.headers = varyBySession(head.headers)
      this.#caching = cachingOf(status, headers)
    }
    const isStream = isEventStream(this.#exchange, status, headers)
    // A balancer in between passes it on as it comes.
    if (isStream) head.headers.push('x-accel-buffering', 'no')
    const url = this.#cookieUrl
    const set = headers['set-cookie']
    if (url && set !== undefined) this.#needs.jars.keep(this.#facts.id, url, [set].flat(), this.#admitted.deadlineMs)
    const held = head.is_redirect_elsewhere ? heldElsewhere(status, head, this.#exchange) : this.#holdAnswer(status, head.headers)
    this.#state = { name: 'answered', held }
    const bytes = this.#exchange.method === 'HEAD' ? undefined : (held.chunks[0]?.length ?? announcedBytes(headers))
    this.#outcome.answered({ status, bytes, note: head.note, isStream }).then(
      () => this.#deliver(),
      (cause) => this.stop(cause instanceof Refusal ? cause : new Refusal('store_unavailable', { cause })),
    )
    // Of a redirect elsewhere nothing more is wanted.
    if (held.isWhole) controller.abort(new Error('over'))
  }

  /** A page for a browser has its addresses rewritten on its way. */
  #holdAnswer(status: number, head: readonly string[]): Held {
    const { method, place } = this.#exchange
    const { base } = this.#address
    const map = (reference: string) => this.#map(reference)
    const page = place && rewritePage({ method, status, head, map, hasBase: base !== '' })
    this.#steps = page?.steps ?? []
    return new Held(status, page?.head ?? head)
  }

  /** What an answer goes through on its way to the caller. */
  #openOut(response: ServerResponse): Writable {
    const [first] = this.#steps
    for (const [i, step] of this.#steps.entries()) {
      step.on('error', (cause) =>
        this.stop(cause instanceof Refusal ? cause : new Refusal('upstream_refused', { detail: 'Its page cannot be unpacked.', cause })),
      )
      step.pipe(this.#steps[i + 1] ?? response)
    }
    return first ?? response
  }

  #map(reference: string): string | undefined {
    const { product, publicBaseOf } = this.#needs
    const exchange = this.#exchange
    return mapAddress({ product, address: this.#address, target: exchange.target, publicBase: publicBaseOf(exchange) }, reference)
  }

  /** answered ─► released: what had to be recorded is. */
  #deliver(): void {
    if (this.#state.name !== 'answered') return
    const { held } = this.#state
    if (held.broken) {
      this.#break(held.broken)
      return
    }
    const { response } = this.#exchange
    const delivery = new Delivery(held.status, response, this.#controller, this.#openOut(response))
    this.#state = { name: 'released', delivery }
    try {
      delivery.start(held, answerHeaders(this.#needs, this.#exchange, this.#caching))
    } catch (cause) {
      this.stop(new Refusal('upstream_refused', { cause }))
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const state = this.#state
    if (state.name === 'answered') state.held.add(chunk, controller)
    else if (state.name === 'released') state.delivery.write(chunk)
  }

  onResponseEnd(): void {
    const state = this.#state
    if (state.name === 'answered') state.held.isWhole = true
    else if (state.name === 'released') state.delivery.end()
  }

  onResponseError(_: unknown, error: Error): void {
    const state = this.#state
    if (isAnswerWhole(state)) return
    if (state.name === 'answered') state.held.broken = error
    else this.#break(error)
  }

  /** The product's side broke off, or what it sends cannot be passed on. */
  #break(error: Error): void {
    const why = whyOf(error)
    if (why === 'client_abort') this.#onClose()
    else this.stop(why)
  }

  /** The connection to the caller has closed: after everything was sent, or because the caller left, or sent what cannot be read. */
  #onClose(): void {
    const state = this.#state
    if (!this.#exchange.response.writableFinished) this.stop(findBroken(this.#exchange.request.socket) ?? 'client_abort')
    else {
      if (state.name === 'released') this.#outcome.finished(state.delivery.status, state.delivery.goneBytes())
      this.#leave()
    }
  }

  /** Ends it now: the session is over, or the gateway closes. */
  cut(code: ErrorCode): void {
    this.stop(new Refusal(code))
  }

  /** Over, for a reason: the log says why, and the caller is answered where that is still possible. */
  stop(why: Why): void {
    const state = this.#state
    if (state.name === 'over') return
    const reached = reachedIn(state)
    if (why !== 'client_abort') this.#needs.troubles(this.#address.name, why)
    this.#leave()
    if (state.name !== 'released' && why !== 'client_abort') return void this.#refuse(reached, why)
    this.#exchange.response.destroy()
    this.#outcome.broken(reached, why)
  }

  /** On the record first, then the answer. */
  async #refuse(reached: Reached, why: Refusal): Promise<void> {
    try {
      await this.#outcome.refused(reached, why)
    } catch {
      return answerProblem(this.#needs, this.#exchange, new Refusal('store_unavailable'))
    }
    answerProblem(this.#needs, this.#exchange, why)
  }

  /** The one way to be over: what was held is given back. */
  #leave(): void {
    const state = this.#state
    if (state.name === 'over') return
    this.#state = over
    strike(this.#needs, { exchange: this.#exchange, sessionId: this.#facts.id }, this)
    if (!isAnswerWhole(state)) this.#controller?.abort(new Error('over'))
    this.#body?.destroy()
    for (const step of this.#steps) step.destroy()
    lingerFor(this.#exchange.request)
    this.#release?.()
    this.#over.resolve()
  }
}

/** Forwards an admitted request until its deadline; settled when it is over. */
export const forward = newBegin(Passage)
