import { type EventName, endingEvents } from '@countersign/contract/events.ts'
import type { Store } from '../../store/open.ts'
import type { FeedRecord } from '../formats/record.ts'
import type { Item } from '../senders/sender.ts'

/** What a destination is sent: the events themselves, or what some of them give rise to. */
export const contents = ['events', 'receipts', 'approvals', 'revocations'] as const
export type Content = (typeof contents)[number]

/** Which events give rise to it; all of them where it is the events. */
export const causesOf: Record<Content, readonly EventName[] | undefined> = {
  events: undefined,
  receipts: endingEvents,
  approvals: ['ACTION.REQUESTED', 'ACCOUNT.SUSPEND.REQUESTED'],
  revocations: [...endingEvents, 'TENANT.SESSIONS.REVOKED', 'SESSION.REVOKED'],
}

/** One line of text: what a person wrote cannot look like a line of ours. */
export const flat = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()

export type WriteNeeds = {
  store: Pick<Store, 'db'>
  /** Name of the log. */
  origin: string
  /** Address of the console. */
  consoleUrl: string
  productName: string
}

/** Makes of an event what is sent; undefined where it is too early, and the event's turn comes again. */
export type Write = (record: FeedRecord) => Promise<Item | undefined>
