import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import type { Dispatcher } from 'undici'

/** Held at most of an answer whose completion is still being recorded. */
const heldBytesMaximum = 65_536
const oneWriteBytesMaximum = 16_384
const empty = Buffer.alloc(0)

/** An answer of the product that is held back while its completion is recorded. */
export class Held {
  readonly status: number
  readonly head: readonly string[]
  readonly chunks: Buffer[] = []
  #bytes = 0
  /** The product has sent all of it. */
  isWhole = false
  /** The product broke off. What was recorded as completed is not released then: the answer could not be whole. */
  broken: Error | undefined

  constructor(status: number, head: readonly string[]) {
    this.status = status
    this.head = head
  }

  add(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    this.chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes >= heldBytesMaximum) controller.pause()
  }
}

/** An answer whose completion is recorded, on its way to the caller, no faster than the caller reads. */
export class Delivery {
  readonly status: number
  readonly #response: ServerResponse
  readonly #controller: Dispatcher.DispatchController | undefined
  /** Where it goes: straight to the caller, or through what rewrites it first. */
  readonly #out: Writable
  #bytes = 0
  #isDraining = false
  isWhole = false

  constructor(status: number, response: ServerResponse, controller: Dispatcher.DispatchController | undefined, out: Writable = response) {
    this.#out = out
    this.status = status
    this.#response = response
    this.#controller = controller
  }

  /** The head goes out, then what has been held. */
  start({ status, head, chunks, isWhole }: Held, ownHeaders: readonly string[]): void {
    const response = this.#response
    response.writeHead(status, [...ownHeaders, ...head])
    if (isWhole && chunks.length <= 1 && this.#out === response) this.#sendWhole(chunks[0] ?? empty)
    else {
      if (chunks.length === 0 || this.#out !== response) response.flushHeaders()
      for (const chunk of chunks) this.write(chunk)
      if (isWhole) this.end()
      else this.#controller?.resume()
    }
  }

  /** As text of one byte a character it leaves together with the head, in one write. */
  #sendWhole(body: Buffer): void {
    this.isWhole = true
    this.#bytes += body.length
    if (body.length <= oneWriteBytesMaximum) this.#response.end(body.toString('latin1'), 'latin1')
    else this.#response.end(body)
  }

  write(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#out.write(chunk)) return
    this.#controller?.pause()
    if (this.#isDraining) return
    this.#isDraining = true
    this.#out.once('drain', () => {
      this.#isDraining = false
      this.#controller?.resume()
    })
  }

  end(): void {
    this.isWhole = true
    this.#out.end()
  }

  /** What has gone out. What still waits in our own buffer has not; it may hold framing too, so this is never too many. */
  goneBytes(): number {
    const rewriting = this.#out === this.#response ? 0 : this.#out.writableLength
    return Math.max(0, this.#bytes - this.#response.writableLength - rewriting)
  }
}
