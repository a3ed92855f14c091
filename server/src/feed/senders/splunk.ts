import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Answer } from '../../outbound/line.ts'
import { type HttpSettings, openPoster } from './http.ts'
import { type Item, parseAnswer, requireTaken, type Sender, Unsent } from './sender.ts'

const ackEveryMs = 500

type Settings = HttpSettings & { token: string; index: string | undefined; source_type: string; acks: boolean; ack_seconds: number }

const membersOf = (answer: Answer): Record<string, unknown> => Object(parseAnswer(answer)) as Record<string, unknown>

/**
 * Splunk's HTTP Event Collector. With acknowledgements a batch counts as taken when it is indexed: the collector's 200 says only that
 * it was received, and an indexer may still lose it.
 */
export const openSplunk = ({ token, index, source_type, acks, ack_seconds, ...settings }: Settings): Sender => {
  const poster = openPoster(settings)
  const channel = randomUUID()
  const headers = { authorization: `Splunk ${token}`, 'content-type': 'application/json', 'x-splunk-request-channel': channel }
  const write = ({ event, text, isJson, origin }: Item): string =>
    JSON.stringify({
      time: Date.parse(event.occurred_at) / 1000,
      host: origin,
      source: 'countersign',
      sourcetype: source_type,
      ...(index === undefined ? {} : { index }),
      event: isJson ? JSON.parse(text) : text,
      fields: { log_index: event.log_index, event_id: event.id },
    })
  const waitForAck = async (ack: number): Promise<void> => {
    const endsAt = performance.now() + ack_seconds * 1_000
    while (performance.now() < endsAt) {
      const answer = await poster.post(JSON.stringify({ acks: [ack] }), headers, `${poster.base}/services/collector/ack?channel=${channel}`)
      requireTaken(answer)
      const { acks: known } = membersOf(answer)
      if ((known as Record<string, unknown> | undefined)?.[ack] === true) return
      await wait(ackEveryMs)
    }
    throw new Unsent('it did not say that it has indexed what it took')
  }
  return {
    limits: { events: 500, bytes: 900_000 },
    async send(items) {
      const answer = await poster.post(items.map(write).join('\n'), headers, `${poster.base}/services/collector/event`)
      requireTaken(answer)
      if (!acks) return
      const { ackId } = membersOf(answer)
      if (typeof ackId !== 'number')
        throw new Unsent('it acknowledges nothing: turn on indexer acknowledgement for the token, or set acks to false')
      await waitForAck(ackId)
    },
    close: poster.close,
  }
}
