import { type HttpSettings, newHttpSender, openPoster } from './http.ts'
import type { Sender } from './sender.ts'

/** A webhook that takes `{"text": …}`, as Slack's and those like it do. What means something to it is written so that it does not. */
export const openSlack = (settings: HttpSettings): Sender =>
  newHttpSender(openPoster(settings), { events: 1, bytes: 100_000 }, (items) => ({
    body: JSON.stringify({ text: (items[0]?.text ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') }),
    headers: { 'content-type': 'application/json' },
  }))
