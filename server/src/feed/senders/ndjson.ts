import { type HttpSettings, newHttpSender, openPoster } from './http.ts'
import type { Sender } from './sender.ts'

/** Lines, one an event. The place of the first and of the last stands in headers, so that a gap shows. */
export const openNdjson = ({ token, ...settings }: HttpSettings & { token: string | undefined }): Sender =>
  newHttpSender(openPoster(settings), { events: 500, bytes: 1_000_000 }, (items) => ({
    body: `${items.map(({ text }) => text).join('\n')}\n`,
    headers: {
      'content-type': items[0]?.isJson ? 'application/x-ndjson' : 'text/plain; charset=utf-8',
      'countersign-first-index': String(items[0]?.event.log_index),
      'countersign-last-index': String(items.at(-1)?.event.log_index),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  }))
