import { createHmac } from 'node:crypto'
import { Trouble } from '../../errors.ts'
import { type HttpSettings, newHttpSender, openPoster } from './http.ts'
import type { Sender } from './sender.ts'

/** The key in a secret of Standard Webhooks: whsec_ and 24 to 64 bytes in base64. */
const keyIn = (secret: string): Buffer => {
  const text = secret.startsWith('whsec_') ? secret.slice(6) : ''
  const key = Buffer.from(text, 'base64')
  if (key.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '') || key.length < 24 || key.length > 64)
    throw new Trouble(
      'A secret of a webhook is not of the form whsec_<base64>, 24 to 64 bytes.',
      'Make one: printf "whsec_%s" "$(openssl rand -base64 32)".',
    )
  return key
}

/** The headers of a message (Standard Webhooks 1.0): with each of the secrets, so that one can be exchanged without a gap. */
export const signWebhook = (
  keys: readonly Buffer[],
  { id, body, seconds }: { id: string; body: string; seconds: number },
): Record<string, string> => ({
  'webhook-id': id,
  'webhook-timestamp': String(seconds),
  'webhook-signature': keys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`).join(' '),
})

/** One message an event, whose id is the event's: who has seen it drops the second. */
export const openWebhook = ({ secrets, ...settings }: HttpSettings & { secrets: readonly string[] }): Sender => {
  const keys = secrets.map(keyIn)
  return newHttpSender(openPoster(settings), { events: 1, bytes: 1_000_000 }, (items) => {
    const [item] = items as [(typeof items)[number]]
    const data = item.isJson ? JSON.parse(item.text) : item.text
    const body = JSON.stringify({ type: `countersign.${item.event.action.toLowerCase()}`, timestamp: item.event.occurred_at, data })
    const headers = signWebhook(keys, { id: item.event.id, body, seconds: Math.floor(Date.now() / 1000) })
    return { body, headers: { 'content-type': 'application/json', ...headers } }
  })
}
