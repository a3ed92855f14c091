import { request as askHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as askHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '@countersign/contract/errors.ts'
import { defaultUpstream } from '@countersign/contract/views.ts'
import { halveEvent } from '../../audit/record.ts'
import { formatProblem, Refusal } from '../../errors.ts'
import { CallFailure } from '../../outbound/failure.ts'
import type { SessionFacts } from '../../sessions/facts.ts'
import type { Passable } from '../admit.ts'
import { endingEvent, type Why, whyOf } from '../ending.ts'
import { type ClosedBy, type StreamEnd, sessionEvent } from '../entries.ts'
import type { Exchange } from '../exchange.ts'
import { answerHeaders, type ForwardNeeds, headersFor } from '../forward.ts'
import { newOutcome, type Outcome } from '../outcome.ts'
import { addressOf, type ProductAddress } from '../product.ts'
import { answerProblem } from '../refuse.ts'
import { enlist, newBegin, strike, type UnderWay } from '../under-way.ts'
import { BadFrame, closeFrame, Frames } from './frames.ts'
import { newKey, switchHead, verifySwitch } from './handshake.ts'

/** So long the other side has to close after one has. */
const goodbyeMs = 2_000
/** So long what we say last has to leave. */
const lastWordsMs = 200

/** What comes from one end, and where it goes. */
type Side = { readonly who: 'caller' | 'product'; readonly frames: Frames; bytes: number }

const sideOf = (who: Side['who'], bytesMaximum: number): Side => ({
  who,
  frames: new Frames({ isMasked: who === 'caller', bytesMaximum }),
  bytes: 0,
})

/** What the close frame says: this gateway goes away, the product did, or the session is over. */
const closeCodes: Partial<Record<ErrorCode, number>> = { shutting_down: 1001, upstream_unavailable: 1011 }
const closeCodeOf = (code: ErrorCode): number => closeCodes[code] ?? 1008

const noAnswer = (): Refusal => new Refusal('upstream_timeout', { cause: new CallFailure('timeout', 'no answer') })
const silent = (ms: number): Refusal =>
  new Refusal('request_timeout', { detail: `Neither side of the WebSocket said anything for ${ms / 1000} seconds.` })

/** What Node's parser says of an answer that is none. */
const whyOfAsking = (error: Error & { code?: string }): Why =>
  error.code?.startsWith('HPE_') ? new Refusal('upstream_refused', { cause: error }) : whyOf(error)

type Ends = { caller: Socket; product: Duplex }

/**
 * One admitted WebSocket: asked of the product on a connection of its own, with a key of our own, and once both sides have agreed, passed on
 * in both directions as it comes, no faster than each side reads.
 */
class Relay implements UnderWay {
  readonly #needs: ForwardNeeds
  readonly #exchange: Exchange
  readonly #facts: SessionFacts
  readonly #admitted: Passable
  readonly #outcome: Outcome
  readonly #over = Promise.withResolvers<void>()
  readonly #sides: { caller: Side; product: Side }
  #asking: ClientRequest | undefined
  #patience: NodeJS.Timeout | undefined
  /** Once both sides have agreed. */
  #ends: Ends | undefined
  #closedBy: ClosedBy | undefined
  #isOver = false

  constructor(needs: ForwardNeeds, exchange: Exchange, facts: SessionFacts, admitted: Passable) {
    this.#needs = needs
    this.#exchange = exchange
    this.#facts = facts
    this.#admitted = admitted
    this.#outcome = newOutcome(needs, exchange, facts)
    this.#sides = { caller: sideOf('caller', needs.maxRequestBytes), product: sideOf('product', needs.maxRequestBytes) }
  }

  get roles(): Passable['needed']['roles'] {
    return this.#admitted.needed.roles
  }

  get #address(): ProductAddress {
    return addressOf(this.#needs.product, this.#exchange.route?.upstream ?? defaultUpstream)
  }

  get done(): Promise<void> {
    return this.#over.promise
  }

  start(): void {
    const exchange = this.#exchange
    const { deadlineMs } = this.#admitted
    const why = enlist(this.#needs, { exchange, sessionId: this.#facts.id, deadlineMs, isStream: true }, this)
    exchange.response.once('close', () => this.stop('client_abort'))
    if (why === undefined) this.#ask()
    else this.stop(why)
  }

  #ask(): void {
    const { upstreamTimeoutMs } = this.#needs
    const { target, headers, caller } = this.#exchange
    const { origin, base } = this.#address
    const key = newKey()
    const sent: Record<string, string> = {}
    const told = headersFor(this.#needs.forwardHeaders, this.#exchange, this.#admitted.assertion)
    for (let i = 0; i < told.length; i += 2) sent[told[i] as string] = told[i + 1] as string
    const protocols = headers.get('sec-websocket-protocol')
    if (protocols !== undefined) sent['sec-websocket-protocol'] = protocols
    // A page of the product comes from the product, as far as the product knows (checks/site.ts has judged where from).
    if (caller === 'browser') sent.origin = origin
    Object.assign(sent, { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key })
    const ask = origin.startsWith('https:') ? askHttps : askHttp
    const asking = ask(origin, { path: base + target, headers: sent, agent: false, maxHeaderSize: 16_384 })
    this.#asking = asking
    this.#patience = setTimeout(() => asking.destroy(noAnswer()), upstreamTimeoutMs)
    asking.on('error', (error) => this.stop(whyOfAsking(error)))
    asking.once('response', (answer) => void this.#passRefusal(answer))
    asking.once('upgrade', (answer, socket, head) => this.#onSwitch(answer, socket, head, key))
    asking.end()
  }

  /** The product does not switch: an ordinary answer of ours with its status, and nothing of what it sends. */
  async #passRefusal({ statusCode: status = 502 }: IncomingMessage): Promise<void> {
    const refusal = new Refusal('upstream_refused', { detail: `It answered ${status} in place of opening a WebSocket.` })
    if (status < 400) return this.stop(refusal)
    const { response, id } = this.#exchange
    const body = Buffer.from(JSON.stringify({ ...formatProblem(refusal, id), status }))
    this.#leave()
    try {
      await this.#outcome.answered({ status, bytes: body.length })
    } catch {
      return answerProblem(this.#needs, this.#exchange, new Refusal('store_unavailable'))
    }
    const length = String(body.length)
    if (response.destroyed) return
    response.writeHead(status, [
      ...answerHeaders(this.#needs, this.#exchange),
      'content-type',
      'application/problem+json',
      'content-length',
      length,
    ])
    response.end(body)
  }

  #onSwitch({ rawHeaders }: IncomingMessage, product: Duplex, head: Buffer, key: string): void {
    product.on('error', () => {})
    const { response, tunnel } = this.#exchange
    if (this.#isOver || !tunnel) return void product.destroy()
    try {
      const protocol = verifySwitch(this.#exchange, rawHeaders, key)
      clearTimeout(this.#patience)
      response.removeAllListeners('close')
      response.detachSocket(tunnel.socket)
      this.#open({ caller: tunnel.socket, product }, switchHead(this.#exchange, protocol), head)
    } catch (error) {
      product.destroy()
      this.stop(error instanceof Refusal ? error : new Refusal('internal', { cause: error }))
    }
  }

  #open(ends: Ends, hello: string, head: Buffer): void {
    const { caller, product } = ends
    this.#ends = ends
    const { upstreamIdleMs } = this.#needs
    // Pings are something.
    this.#patience = setTimeout(() => this.stop(silent(upstreamIdleMs)), upstreamIdleMs)
    caller.setKeepAlive(true, 30_000)
    caller.write(hello, 'latin1')
    if (head.length > 0) this.#pass(head, this.#sides.product, caller, product)
    this.#pump(caller, product, this.#sides.caller)
    this.#pump(product, caller, this.#sides.product)
  }

  #pump(from: Duplex, to: Duplex, side: Side): void {
    from.on('data', (chunk: Buffer) => this.#pass(chunk, side, to, from))
    from.once('end', () => {
      to.end()
      this.#goodbye(side.who)
    })
    from.once('error', (error) => this.#lose(side.who, error))
    from.once('close', () => this.#close(side.who))
  }

  #pass(chunk: Buffer, side: Side, to: Duplex, from: Duplex): void {
    if (this.#isOver) return
    if (this.#closedBy === undefined) this.#patience?.refresh()
    try {
      side.frames.take(chunk)
    } catch (error) {
      const detail = error instanceof BadFrame ? error.message : undefined
      const code = side.who === 'caller' ? 'invalid_request' : 'upstream_refused'
      this.stop(new Refusal(code, detail === undefined ? {} : { detail }))
      return
    }
    side.bytes += chunk.length
    if (!to.write(chunk)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
    if (side.frames.hasClosed) this.#goodbye(side.who)
  }

  /** One side has said goodbye, or has hung up: the other one has a moment to do so too. */
  #goodbye(who: Side['who']): void {
    if (this.#isOver || this.#closedBy !== undefined) return
    this.#closedBy = who
    clearTimeout(this.#patience)
    this.#patience = setTimeout(() => this.#close(who), goodbyeMs)
  }

  /** A connection broke. That of the product is a cause of its own, unless there was nothing more to say. */
  #lose(who: Side['who'], error: Error): void {
    if (who === 'caller' || this.#closedBy !== undefined) {
      this.#close(who)
      return
    }
    this.#closedBy = who
    this.stop(whyOf(error))
  }

  /** Over in good order. */
  #close(who: Side['who']): void {
    if (this.#isOver) return
    this.#closedBy ??= who
    const end = this.#end()
    this.#leave()
    this.#needs.outbox.send(() =>
      halveEvent(sessionEvent('SUPPORT_SESSION.REQUEST.COMPLETED', this.#exchange, this.#facts, { result: 'ok', status: 101, ...end })),
    )
  }

  #end(): { bytes: number; stream: StreamEnd } {
    const { caller, product } = this.#sides
    const closed_by = this.#closedBy ?? 'gateway'
    const close_code = caller.frames.closeCode ?? product.frames.closeCode
    const waiting = this.#ends?.caller.writableLength ?? 0
    return {
      bytes: Math.max(0, product.bytes - waiting),
      stream: { closed_by, bytes_received: caller.bytes, ...(close_code === undefined ? {} : { close_code }) },
    }
  }

  cut(code: ErrorCode): void {
    this.stop(new Refusal(code))
  }

  /** Over, for a reason. */
  stop(why: Why): void {
    if (this.#isOver) return
    if (why !== 'client_abort') this.#needs.troubles(this.#address.name, why)
    if (this.#ends) {
      this.#break(why)
      return
    }
    this.#leave()
    if (why === 'client_abort') this.#outcome.broken('sent', why)
    else void this.#refuse(why)
  }

  /** Both sides are told, where a frame of ours may stand, and the connections end. */
  #break(why: Why): void {
    const { bytes, stream } = this.#end()
    if (why !== 'client_abort') {
      const code = closeCodeOf(why.code)
      for (const [end, side, isMasked] of [
        [this.#ends?.caller, this.#sides.product, false],
        [this.#ends?.product, this.#sides.caller, true],
      ] as const)
        if (side.frames.isBetween && !side.frames.hasClosed) end?.write(closeFrame(code, isMasked))
    }
    this.#leave()
    const reached = { status: 101, bytes }
    this.#needs.outbox.send(() =>
      halveEvent(endingEvent(this.#exchange, this.#facts, reached, why, { ...stream, closed_by: this.#closedBy ?? 'gateway' })),
    )
  }

  /** On the record first, then the answer. */
  async #refuse(why: Refusal): Promise<void> {
    try {
      await this.#outcome.refused('sent', why)
    } catch {
      return answerProblem(this.#needs, this.#exchange, new Refusal('store_unavailable'))
    }
    answerProblem(this.#needs, this.#exchange, why)
  }

  /** The one way to be over: both connections end, and neither serves anybody else. */
  #leave(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#patience)
    strike(this.#needs, { exchange: this.#exchange, sessionId: this.#facts.id }, this)
    for (const end of [this.#ends?.caller, this.#ends?.product]) {
      if (!end) continue
      end.end()
      setTimeout(() => end.destroy(), lastWordsMs)
    }
    if (!this.#ends) this.#asking?.destroy()
    this.#over.resolve()
  }
}

/** Opens an admitted WebSocket and passes it on until it ends; settled when it is over. */
export const relay = newBegin(Relay)
