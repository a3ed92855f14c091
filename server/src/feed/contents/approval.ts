import type { FeedRecord } from '../formats/record.ts'
import { flat, type WriteNeeds } from './content.ts'

export type Notice = { subject: string; text: string; link: string }

/**
 * What approvers are told of a request that waits. The link leads to the page that shows what is signed: nothing here approves
 * anything, whoever opens it.
 */
export const noticeFor = ({ consoleUrl }: WriteNeeds, { event }: FeedRecord): Notice => {
  const details = event.details as { action?: string; request_id?: string } | undefined
  const who = event.actor.kind === 'staff' ? (event.actor.name ?? event.actor.id) : event.actor.id
  const link = `${consoleUrl}/approvals/${encodeURIComponent(details?.request_id ?? '')}`
  const action = details?.action ?? event.action
  const on = event.target === undefined ? '' : ` on ${event.target.label ?? event.target.id}`
  return {
    subject: flat(`Approval wanted: ${action}${on}`),
    text: [
      flat(`${who} asks for ${action}${on}, tenant ${event.tenant_id ?? 'none'}.`),
      flat(`Reason: ${event.reason ?? 'erased'}`),
      flat(`Ticket: ${event.ticket ?? 'none'}`),
      '',
      `Read the request and decide: ${link}`,
      '',
    ].join('\n'),
    link,
  }
}
