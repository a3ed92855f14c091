import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { blockMs, madeUp, type Subject } from './made-up.ts'
import type { Switches } from './switches.ts'

type Settings = { url: string; key: string; subjects: readonly Subject[]; switches: Switches; stopping: AbortSignal }

const pack = promisify(gzip)
const hourMs = 3_600_000
const sendEveryMs = 10_000
/** Well below what a call may hold. */
const rowsAtOnce = 4_000
const source = 'acme made-up people'

const startsFrom = (from: number, until: number, step: number): number[] => {
  const first = Math.floor(from / step) * step
  return Array.from({ length: Math.max(0, Math.ceil((until - first) / step)) }, (_, n) => first + n * step)
}

const iso = (at: number) => new Date(at).toISOString()

/**
 * The made-up people of an example have no requests: what they would have called is sent by JSON, as a product does that has no
 * OpenTelemetry. What real requests there are, the SDK reports.
 */
export class Sender {
  readonly #settings: Settings
  #last: Promise<unknown> = Promise.resolve()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Sends what was, then what is, until the program stops. Countersign may not be there yet: then again. */
  async run(): Promise<void> {
    const { stopping } = this.#settings
    let hasHistory = false
    while (!stopping.aborted) {
      try {
        if (!hasHistory) await this.#inTurn(() => this.#sendHistory())
        hasHistory = true
        await this.#inTurn(() => this.#sendBlocks(this.#settings.subjects, 2 * blockMs))
      } catch {
        // It is sent again, and replaces itself.
      }
      await pause(hasHistory ? sendEveryMs : 1_000, undefined, { signal: stopping }).catch(() => {})
    }
  }

  /** Sends a day of one tenant anew, after a switch. */
  async resend(tenantId: string): Promise<void> {
    const subjects = this.#settings.subjects.filter(({ id }) => id === tenantId)
    await this.#inTurn(() => this.#sendBlocks(subjects, 26 * hourMs))
  }

  /** One after another: what was worked out before a switch may not arrive after it. */
  #inTurn(send: () => Promise<void>): Promise<void> {
    const sent = this.#last.then(send)
    this.#last = sent.catch(() => {})
    return sent
  }

  /** The last 26 hours by blocks of five minutes, and a week before them by hours. */
  async #sendHistory(): Promise<void> {
    const { subjects, switches } = this.#settings
    await this.#sendBlocks(subjects, 26 * hourMs)
    const now = Date.now()
    const hour = Math.floor(now / hourMs) * hourMs
    const hours = startsFrom(hour - 8 * 24 * hourMs, hour - 26 * hourMs, hourMs).flatMap((at) =>
      subjects.map((subject) => ({ tenant_id: subject.id, hour: iso(at), ...madeUp(subject, { at, ms: hourMs, now, switches }) })),
    )
    await this.#send('hours', hours)
  }

  async #sendBlocks(subjects: readonly Subject[], backMs: number): Promise<void> {
    const now = Date.now()
    const minutes = startsFrom(now - backMs, now, blockMs).flatMap((at) =>
      subjects.map((subject) => ({
        tenant_id: subject.id,
        minute: iso(at),
        ...madeUp(subject, { at, ms: blockMs, now, switches: this.#settings.switches }),
      })),
    )
    await this.#send('minutes', minutes)
  }

  async #send(member: 'minutes' | 'hours', rows: readonly object[]): Promise<void> {
    const { url, key, stopping } = this.#settings
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const answer = await fetch(`${url}/v1/signals`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', 'x-api-key': key },
        body: await pack(JSON.stringify({ source, [member]: rows.slice(from, from + rowsAtOnce) })),
        signal: AbortSignal.any([stopping, AbortSignal.timeout(15_000)]),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`signals were not taken: ${answer.status} ${text}`)
    }
  }
}
