import pg from 'pg'
import { Refusal } from '../errors.ts'
import { type Goodbyes, hearGoodbyes, isGoodbye } from './goodbye.ts'
import { isUnconfirmed, mayCommit, toRefusal } from './outcome.ts'

type Answer = pg.QueryResult
type Callback = (error: unknown, answer?: Answer) => void
type Statement = string | { text: string; values?: unknown[] }

/** How long the pool waits for a connection, and a statement for its answer, unless told otherwise: a caller hears of trouble within 3 s. */
export const connectMs = 1_500
export const answerMs = 2_000

const rolledBack = { command: 'ROLLBACK', rowCount: null, rows: [], fields: [], oid: 0 } as Answer

/** A connection that believes no COMMIT which the server itself doubts, and waits for no answer without end. */
export class CheckedClient extends pg.Client {
  readonly #answerMs: number
  #doubt: Error | undefined
  /** The server said goodbye or nothing more came: of no use to anybody else, also before the socket has closed. */
  isLost = false

  constructor(config?: string | (pg.ClientConfig & { answerMs?: number })) {
    super(config)
    this.#answerMs = (typeof config === 'object' ? config.answerMs : undefined) ?? answerMs
    this.on('notice', (notice) => {
      if (isUnconfirmed(notice)) this.#doubt = new Error(notice.message)
    })
    // Whoever waits for an answer is told; without a listener the same error would end the process.
    this.on('error', () => {})
  }

  // biome-ignore lint/suspicious/noExplicitAny: one body behind the overloads of pg
  override query(statement: any, values?: any, callback?: any): any {
    if (typeof statement?.submit === 'function') throw new TypeError('statements are sent as text, so that their outcome is checked')
    const done: Callback | undefined = typeof values === 'function' ? values : callback
    const given = typeof values === 'function' ? undefined : values
    if (done) return this.#send(statement, given, done)
    return new Promise((resolve, reject) => {
      this.#send(statement, given, (error, answer) => (error ? reject(error) : resolve(answer)))
    }).catch((error) => {
      if (error instanceof Error) Error.captureStackTrace(error)
      throw error
    })
  }

  /** Without a word: nothing is under way on it. */
  hangUp(): void {
    ;(this as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection.stream.destroy(new Error('let go'))
  }

  #send(statement: Statement, values: unknown[] | undefined, done: Callback): void {
    const text = typeof statement === 'string' ? statement : statement.text
    const committing = mayCommit(text, this.getTransactionStatus() !== 'I')
    // A server that fell silent, and a COMMIT that waits for a standby, are beyond statement_timeout.
    const timer = setTimeout(() => {
      const error = new Error(`no answer within ${this.#answerMs} ms`)
      ;(this as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection.stream.destroy(error)
    }, this.#answerMs + 200)
    super.query(statement as string, values as unknown[], (error: unknown, answer: Answer) => {
      clearTimeout(timer)
      const doubt = this.#doubt
      this.#doubt = undefined
      if (doubt) return done(new Refusal('not_durable', { cause: doubt }))
      if (!error) return done(null, answer)
      const { severity } = error as { severity?: string }
      if (severity === undefined || severity === 'FATAL' || severity === 'PANIC') this.isLost = true
      const refusal = toRefusal(error, committing)
      // The server rolls back what a lost connection leaves: there is nothing to report over the first error.
      if (refusal instanceof Refusal && /^\s*rollback\s*$/i.test(text)) return done(null, rolledBack)
      done(refusal)
    })
  }
}

/** Gives a connection back so that a lost one leaves the pool. */
const releaseByState = (client: CheckedClient & pg.PoolClient): CheckedClient & pg.PoolClient => {
  const { release } = client
  client.release = (reason) => release(reason ?? client.isLost)
  return client
}

const ourOwn = (client: pg.PoolClient): CheckedClient => client as unknown as CheckedClient

/** The pool of such connections. Where none is to be had, it soon says so. */
export class CheckedPool extends pg.Pool {
  readonly #all = new Set<CheckedClient>()
  readonly #busy = new Set<CheckedClient>()
  readonly #goodbyes: Goodbyes

  constructor(config: pg.PoolConfig & { answerMs?: number }) {
    super({ connectionTimeoutMillis: connectMs, keepAlive: true, ...config, Client: CheckedClient } as pg.PoolConfig)
    // An idle connection that breaks leaves the pool; the next statement tells what there is to tell.
    this.on('error', () => {})
    this.on('connect', (client) => void this.#all.add(ourOwn(client)))
    this.on('acquire', (client) => void this.#busy.add(ourOwn(client)))
    this.on('release', (_, client) => void this.#busy.delete(ourOwn(client)))
    this.on('remove', (client) => {
      this.#all.delete(ourOwn(client))
      this.#busy.delete(ourOwn(client))
    })
    this.#goodbyes = hearGoodbyes(config.connectionString ?? '', () => this.#letGo())
  }

  /** The server wants to end, and waits for us: what is idle goes now, what is in use when its work is done. */
  #letGo(): void {
    for (const client of this.#all) {
      client.isLost = true
      if (!this.#busy.has(client)) client.hangUp()
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: one body behind the overloads of pg
  override end(callback?: any): any {
    this.#goodbyes.close()
    return super.end(callback)
  }

  // biome-ignore lint/suspicious/noExplicitAny: one body behind the overloads of pg
  override connect(callback?: any): any {
    const refuse = (cause: unknown) => {
      if (isGoodbye(cause)) this.#goodbyes.say()
      return new Refusal('store_unavailable', { cause })
    }
    if (!callback) {
      return super.connect().then(
        (client) => releaseByState(client as CheckedClient & pg.PoolClient),
        (error) => {
          throw refuse(error)
        },
      )
    }
    return super.connect((error, client, done) => {
      if (error || !client) return callback(refuse(error), client, done)
      const ready = releaseByState(client as CheckedClient & pg.PoolClient)
      callback(undefined, ready, ready.release)
    })
  }
}
