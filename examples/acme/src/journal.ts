import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage, RequestListener } from 'node:http'

type Waiting = { line: string; done: () => void; failed: (error: unknown) => void }

const secretHeaders = new Set(['authorization', 'cookie', 'countersign-assertion'])

/**
 * What this product received, on disk before any of it is handled. Requests that arrive together share one fsync:
 * while one batch is being written, the next gathers.
 */
export class Journal {
  readonly #file: FileHandle
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async open(path: string): Promise<Journal> {
    return new Journal(await open(path, 'a', 0o600))
  }

  /** Resolves when the request is durable in the file. */
  async record(request: IncomingMessage): Promise<void> {
    const line = `${JSON.stringify(describe(request))}\n`
    const written = new Promise<void>((done, failed) => this.#waiting.push({ line, done, failed }))
    this.#writing ??= this.#drain()
    return written
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#file.appendFile(batch.map((one) => one.line).join(''))
        await this.#file.datasync()
        for (const one of batch) one.done()
      } catch (error) {
        for (const one of batch) one.failed(error)
      }
    }
    this.#writing = undefined
  }
}

/** Hands a request on once it is written down. What cannot be written down is not handled. The connector's calls are no part of it. */
export const journaled =
  (journal: Pick<Journal, 'record'>, handle: RequestListener): RequestListener =>
  (request, response) => {
    if (/^\/countersign(?:[/?]|$)/.test(request.url ?? '')) return handle(request, response)
    journal.record(request).then(
      () => handle(request, response),
      (error) => {
        console.error('acme: the request journal cannot be written', error)
        response.writeHead(503).end()
      },
    )
  }

function describe(request: IncomingMessage) {
  const headers: [string, string][] = []
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? ''
    const value = request.rawHeaders[i + 1] ?? ''
    headers.push([name, secretHeaders.has(name.toLowerCase()) ? `(${value.length} characters)` : value])
  }
  return {
    at: new Date().toISOString(),
    method: request.method ?? null,
    target: request.url ?? null,
    request_id: single(request.headers['countersign-request-id']),
    session_id: claimedSession(single(request.headers['countersign-assertion'])),
    headers,
  }
}

const single = (value: string | string[] | undefined) => (typeof value === 'string' ? value : null)

/** The session the assertion names. Nothing is verified yet: the journal says what arrived, not what was believed. */
function claimedSession(assertion: string | null): string | null {
  const payload = assertion?.split('.')[1]
  if (!payload) return null
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const sid = (claims as { sid?: unknown } | null)?.sid
    return typeof sid === 'string' ? sid : null
  } catch {
    return null
  }
}
