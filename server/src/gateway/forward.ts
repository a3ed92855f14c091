import type { Transform } from 'node:stream'
import type { ErrorCode } from '@countersign/contract/errors.ts'
import { type Dispatcher, errors as undici } from 'undici'
import { halveEvent } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import { announcedBytes, filterHead, ownHeaders } from './answer.ts'
import { CallerGone, feedBody } from './body.ts'
import { draftCompleted, sessionEvent } from './entries.ts'
import type { Exchange } from './exchange.ts'
import type { Outbox } from './outbox.ts'
import { answerProblem } from './refuse.ts'
import type { Run, Running } from './running.ts'
import type { Upstream } from './upstream.ts'
import type { Admitted, Writer } from './writer.ts'

export type ForwardNeeds = {
  writer: Writer
  outbox: Outbox
  running: Running
  upstream: Upstream
  /** The product's origin. */
  origin: string
  maxRequestBytes: number
  secure: boolean
}

/** What the product is told of the caller's headers. Credentials, cookies and forwarding claims are not among them. */
const forwarded = [
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'prefer',
  'range',
]

/** Held at most of an answer whose completion is still being recorded. */
const heldMaximum = 65_536
const informationalMaximum = 10
const oneWriteMaximum = 16_384
const empty = Buffer.alloc(0)

type State =
  /** Sent to the product, nothing heard yet. */
  | 'waiting'
  /** The head is here, its completion is being recorded; nothing has been released. */
  | 'settling'
  /** Recorded, and on its way to the caller. */
  | 'released'
  | 'over'

const ownTrouble = new Set<ErrorCode>(['upstream_unavailable', 'upstream_refused', 'upstream_timeout'])

/** What an error of the connection to the product means. */
const codeOf = (error: Error): Refusal | 'client_abort' => {
  if (error instanceof Refusal) return error
  if (error instanceof CallerGone) return 'client_abort'
  if (
    error instanceof undici.HeadersTimeoutError ||
    error instanceof undici.BodyTimeoutError ||
    error instanceof undici.ConnectTimeoutError
  ) {
    return new Refusal('upstream_timeout', { cause: error })
  }
  if (
    error instanceof undici.HTTPParserError ||
    error instanceof undici.HeadersOverflowError ||
    /bad (response|upgrade)/.test(error.message)
  ) {
    return new Refusal('upstream_refused', { cause: error })
  }
  return new Refusal('upstream_unavailable', { cause: error })
}

/** One admitted request on its way to the product and back. */
class Passage implements Dispatcher.DispatchHandler, Run {
  readonly #needs: ForwardNeeds
  readonly #exchange: Exchange
  readonly #facts: SessionFacts
  readonly #admitted: Admitted
  #state: State = 'waiting'
  #controller: Dispatcher.DispatchController | undefined
  #body: Transform | undefined
  #release: () => void = () => {}
  #status = 0
  #head: string[] = []
  #held: Buffer[] = []
  #heldBytes = 0
  #ended = false
  #broken: Error | undefined
  #bytes = 0
  #informational = 0
  #draining = false
  /** Settled when the request is over, for a gateway that closes. */
  readonly done: Promise<void>
  #finish: () => void = () => {}

  constructor(needs: ForwardNeeds, exchange: Exchange, facts: SessionFacts, admitted: Admitted) {
    this.#needs = needs
    this.#exchange = exchange
    this.#facts = facts
    this.#admitted = admitted
    this.done = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  start(): void {
    const { running } = this.#needs
    const { deadline_ms: deadlineMs } = this.#admitted
    const { response } = this.#exchange
    running.add(this.#facts.id, this, deadlineMs)
    response.once('close', () => this.#onClose()).on('error', () => this.#onClose())
    // Between the admission and now, the caller may have left or the session ended.
    if (response.destroyed) this.#stop('client_abort')
    else if (performance.now() >= deadlineMs) this.cut('session_expired')
    else if (running.hasEnded(this.#facts.id)) this.cut('session_revoked')
    else this.#dispatch()
  }

  #dispatch(): void {
    const { upstream, maxRequestBytes } = this.#needs
    const { request, response, method, target, id, headers, has_body } = this.#exchange
    const { pool, release } = upstream.lend(this.#facts.id)
    this.#release = release
    const sent = ['countersign-assertion', this.#admitted.assertion, 'countersign-request-id', id, 'x-request-id', id]
    for (const name of forwarded) {
      const value = headers.get(name)
      if (value !== undefined) sent.push(name, value)
    }
    if (has_body) {
      const length = headers.get('content-length')
      if (length !== undefined) sent.push('content-length', length)
      this.#body = feedBody(request, maxRequestBytes)
      if (this.#exchange.expects_continue) response.writeContinue()
    }
    try {
      pool.dispatch({ path: target, method: method as Dispatcher.HttpMethod, headers: sent, body: this.#body ?? null }, this)
    } catch (error) {
      this.onResponseError(undefined, error as Error)
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#state === 'over') controller.abort(new Error('over'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    if (this.#state !== 'waiting') return
    if (status < 200) {
      this.#informational++
      if (this.#informational > informationalMaximum)
        controller.abort(new Refusal('upstream_refused', { detail: 'It sent too many interim answers.' }))
      return
    }
    try {
      this.#head = filterHead(status, headers, this.#needs.origin)
    } catch (error) {
      controller.abort(error as Error)
      return
    }
    this.#status = status
    this.#state = 'settling'
    const { writer } = this.#needs
    const bytes = this.#exchange.method === 'HEAD' ? undefined : announcedBytes(headers)
    writer.note(draftCompleted(this.#exchange, this.#facts, status, bytes)).then(
      () => this.#tryDeliver(),
      (error) => this.#stop(error instanceof Refusal ? error : new Refusal('store_unavailable', { cause: error })),
    )
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === 'settling') {
      this.#held.push(chunk)
      this.#heldBytes += chunk.length
      if (this.#heldBytes >= heldMaximum) controller.pause()
    } else if (this.#state === 'released') this.#write(chunk)
  }

  onResponseEnd(): void {
    this.#ended = true
    if (this.#state === 'released') this.#exchange.response.end()
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#state === 'over') return
    // What was recorded as completed is not released any more: the answer could not be whole.
    if (this.#state === 'settling') this.#broken = error
    else this.#break(error)
  }

  /** Ends it now: the session is over, or the gateway closes. */
  cut(code: ErrorCode): void {
    this.#stop(new Refusal(code))
  }

  fail(cause: unknown): void {
    this.#stop(new Refusal('internal', { cause }))
  }

  #break(error: Error): void {
    const meaning = codeOf(error)
    if (meaning === 'client_abort') this.#onClose()
    else this.#stop(meaning)
  }

  #tryDeliver(): void {
    try {
      this.#deliver()
    } catch (cause) {
      this.#stop(new Refusal('upstream_refused', { cause }))
    }
  }

  /** The completion is durable: the head goes out, then what has been held. */
  #deliver(): void {
    if (this.#state !== 'settling') return
    if (this.#broken) {
      this.#break(this.#broken)
      return
    }
    this.#state = 'released'
    const { response, id } = this.#exchange
    response.writeHead(this.#status, [...ownHeaders(id, this.#needs.secure), ...this.#head])
    const held = this.#held
    this.#held = []
    if (this.#ended && held.length <= 1) {
      const body = held[0] ?? empty
      this.#bytes += body.length
      // As text of one byte a character it leaves together with the head, in one write.
      if (body.length <= oneWriteMaximum) response.end(body.toString('latin1'), 'latin1')
      else response.end(body)
      return
    }
    if (held.length === 0) response.flushHeaders()
    for (const chunk of held) this.#write(chunk)
    if (this.#ended) response.end()
    else this.#controller?.resume()
  }

  #write(chunk: Buffer): void {
    const { response } = this.#exchange
    this.#bytes += chunk.length
    if (response.write(chunk)) return
    this.#controller?.pause()
    if (this.#draining) return
    this.#draining = true
    response.once('drain', () => {
      this.#draining = false
      this.#controller?.resume()
    })
  }

  /** The connection to the caller has closed: after everything was sent, or because the caller left. */
  #onClose(): void {
    if (this.#state === 'over') return
    if (this.#exchange.response.writableFinished) this.#settle()
    else this.#stop('client_abort')
  }

  /** Over, for a reason: the product's connection ends, the log says why, the caller is answered where that is still possible. */
  #stop(why: Refusal | 'client_abort'): void {
    const before = this.#state
    if (before === 'over') return
    this.#settle()
    const code = why === 'client_abort' ? why : why.code
    const status = why === 'client_abort' ? 499 : why.status
    const { response } = this.#exchange
    const failed = before === 'waiting' && (why === 'client_abort' || ownTrouble.has(why.code) || why.code === 'body_too_large')
    // What still waits in our own buffer has not gone; it may hold framing too, so this is never too many.
    const gone = Math.max(0, this.#bytes - response.writableLength)
    const make = () =>
      halveEvent(
        sessionEvent(failed ? 'SUPPORT_SESSION.REQUEST.FAILED' : 'SUPPORT_SESSION.REQUEST.CUT', this.#exchange, this.#facts, {
          result: 'error',
          status: before === 'released' ? this.#status : status,
          code,
          note: why === 'client_abort' ? 'The caller went away.' : why.message,
          bytes: before === 'released' ? gone : 0,
        }),
      )
    if (before === 'released' || why === 'client_abort') {
      response.destroy()
      this.#needs.outbox.send(make)
      return
    }
    this.#needs.writer.note(make()).then(
      () => answerProblem(this.#exchange, why, this.#needs.secure),
      () => {
        answerProblem(this.#exchange, new Refusal('store_unavailable'), this.#needs.secure)
        this.#needs.outbox.send(make)
      },
    )
  }

  #settle(): void {
    this.#state = 'over'
    this.#held = []
    this.#needs.running.remove(this.#facts.id, this)
    if (!this.#ended) this.#controller?.abort(new Error('over'))
    this.#body?.destroy()
    this.#release()
    this.#finish()
  }
}

/** Forwards an admitted request until its deadline; settled when it is over. */
export const forward = (needs: ForwardNeeds, exchange: Exchange, admitted: Admitted): Promise<void> => {
  const { facts } = exchange
  if (!facts) throw new Error('the request was not admitted')
  const passage = new Passage(needs, exchange, facts, admitted)
  try {
    passage.start()
  } catch (cause) {
    // An admission has its outcome whatever goes wrong on our side.
    passage.fail(cause)
  }
  return passage.done
}
