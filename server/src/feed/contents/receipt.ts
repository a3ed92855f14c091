import type { Receipt } from '@countersign/contract/receipts.ts'
import { endedWords } from '@countersign/contract/sessions.ts'
import { readReceipt } from '../../sessions/receipt.ts'
import type { FeedRecord } from '../formats/record.ts'
import { flat, type WriteNeeds } from './content.ts'

/** A request that was under way when its session ended has its outcome within this time; after it the receipt says `unknown`. */
const outcomesWithinMs = 120_000

/** The receipt of the session that an event ended; undefined while outcomes may still come. */
export const receiptFor = async ({ store, origin }: WriteNeeds, { event }: FeedRecord): Promise<Receipt | undefined> => {
  const receipt = await readReceipt(store.db, origin, event.session_id as string)
  if (!receipt) throw new Error(`the session of ${event.id} was never opened`)
  const isEarly = Date.now() - Date.parse(event.occurred_at) < outcomesWithinMs
  return receipt.is_complete || !isEarly ? receipt : undefined
}

/** The receipt is the tenant's own. */
const endings = { ...endedWords, tenant: 'revoked by you', tenant_gone: 'your tenant was deleted' }

const plural = (count: number, word: string): string => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`

const utc = (instant: string): string => `${instant.slice(0, 19).replace('T', ' ')} UTC`

const lineOf = ({ method, route, outcome, status, code, count }: Receipt['requests'][number]): string =>
  `  ${String(count).padStart(5)} × ${method} ${route ?? '(no declared route)'}: ${outcome}${status === null ? '' : ` ${status}`}${code === null ? '' : ` (${code})`}`

/** The receipt as plain text. */
export const receiptText = (receipt: Receipt, { productName, consoleUrl }: Pick<WriteNeeds, 'productName' | 'consoleUrl'>): string => {
  const { staff, totals, proof } = receipt
  const who = staff.name === null ? staff.id : `${staff.name}${staff.email === null ? '' : ` <${staff.email}>`}`
  const on = receipt.target_user_id === null ? 'your tenant' : `your user ${receipt.target_user_id}`
  const facts = [
    ['Who', who],
    ['On', `${on} (${receipt.tenant_id})`],
    ['Why', receipt.reason ?? 'erased'],
    ['Ticket', receipt.ticket ?? 'none'],
    ['Opened', utc(receipt.opened_at)],
    [
      'Ended',
      receipt.ended_at === null || receipt.ended_by === null ? 'not yet' : `${utc(receipt.ended_at)}, ${endings[receipt.ended_by]}`,
    ],
    ['Lasted', receipt.minutes === null ? 'not known' : receipt.minutes < 1 ? 'less than a minute' : `${receipt.minutes} minutes`],
    ['Granted', receipt.scopes_granted.join(', ')],
    ['Used', receipt.scopes_used.join(', ') || 'none'],
  ] as const
  return [
    `The support of ${flat(productName)} had access to ${on}. This is what was done.`,
    '',
    ...facts.map(([name, value]) => `${`${name}:`.padEnd(9)}${flat(value)}`),
    '',
    `${plural(totals.requests, 'request')}: ${totals.completed} completed, ${totals.refused} refused, ${totals.failed} failed, ${totals.cut} cut off, ${totals.unknown} with an outcome that nobody knows.`,
    ...receipt.requests.map(lineOf),
    '',
    `Made from ${plural(proof.events, 'event')} of the log ${proof.origin}, entries ${proof.opened.log_index} to ${proof.last_index}.`,
    `With your API key you can read each of them, and verify that none was changed or left out:`,
    `  ${consoleUrl}/v1/audit?session_id=${receipt.session_id}`,
    `  ${consoleUrl}/v1/sessions/${receipt.session_id}/receipt`,
    '',
  ].join('\n')
}
