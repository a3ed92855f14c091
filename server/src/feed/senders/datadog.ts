import { sentenceOf } from '../formats/record.ts'
import { type HttpSettings, newHttpSender, openPoster } from './http.ts'
import type { Sender } from './sender.ts'

/** Datadog's log intake, version 2: at most 1,000 logs and 5 MB a request. */
export const openDatadog = ({ api_key, service, ...settings }: HttpSettings & { api_key: string; service: string }): Sender => {
  const poster = openPoster(settings)
  return newHttpSender(poster, { events: 500, bytes: 2_000_000 }, (items) => ({
    body: JSON.stringify(
      items.map(({ event, text, isJson, origin }) => ({
        ddsource: 'countersign',
        service,
        hostname: origin,
        timestamp: event.occurred_at,
        status: event.result === 'ok' ? 'info' : 'warn',
        message: isJson ? sentenceOf(event) : text,
        ...(isJson ? { countersign: JSON.parse(text) } : {}),
      })),
    ),
    headers: { 'content-type': 'application/json', 'dd-api-key': api_key },
    ...(new URL(settings.url).pathname === '/' ? { under: '/api/v2/logs' } : {}),
  }))
}
