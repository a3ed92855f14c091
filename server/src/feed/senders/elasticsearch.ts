import { z } from 'zod'
import { type HttpSettings, openPoster } from './http.ts'
import { type Item, parseAnswer, Rejected, requireTaken, type Sender, Unsent } from './sender.ts'

const Bulk = z.object({
  errors: z.boolean(),
  items: z.array(z.record(z.string(), z.object({ status: z.number(), error: z.object({ type: z.string() }).partial().optional() }))),
})

/** The document is there already: it came before. */
const isThere = 409

/**
 * Elasticsearch and OpenSearch, by _bulk. A document's id is its event's, and it is only ever created: what comes twice is there once.
 * A 200 says nothing of the documents; each has a status of its own.
 */
export const openElasticsearch = ({
  api_key,
  index,
  ...settings
}: HttpSettings & { api_key: string | undefined; index: string }): Sender => {
  const poster = openPoster(settings)
  const headers = {
    'content-type': 'application/x-ndjson',
    ...(api_key === undefined ? {} : { authorization: `ApiKey ${api_key}` }),
  }
  const write = ({ event, text, isJson }: Item): string =>
    `${JSON.stringify({ create: { _id: event.id } })}\n${isJson ? text : JSON.stringify({ '@timestamp': event.occurred_at, message: text })}\n`
  return {
    limits: { events: 500, bytes: 2_000_000 },
    async send(items) {
      const answer = await poster.post(items.map(write).join(''), headers, `${poster.base}/${encodeURIComponent(index)}/_bulk`)
      requireTaken(answer)
      const parsed = Bulk.safeParse(parseAnswer(answer))
      if (!parsed.success || parsed.data.items.length !== items.length) throw new Unsent('its answer is not that of _bulk')
      const outcomes = parsed.data.items.map((item) => Object.values(item)[0] as { status: number; error?: { type?: string | undefined } })
      const isTaken = (status: number) => (status >= 200 && status < 300) || status === isThere
      const later = outcomes.find(({ status }) => !isTaken(status) && (status === 429 || status >= 500 || status === 401 || status === 403))
      if (later) throw new Unsent(`it answered ${later.status} for a document`)
      const refused = outcomes.flatMap(({ status }, at) => (isTaken(status) ? [] : [(items[at] as Item).event.log_index]))
      const first = outcomes.find(({ status }) => !isTaken(status))
      if (first) throw new Rejected(`it answered ${first.status} for a document`, refused)
    },
    close: poster.close,
  }
}
