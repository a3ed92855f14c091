import { categories, EventResult, targetKinds } from '@countersign/contract/events/common.ts'
import { eventNames } from '@countersign/contract/events.ts'
import type { ListName } from './search.ts'

/** Names that stand for several events, in the words of the rows. */
const patterns = [
  'SUPPORT_SESSION.*',
  'SUPPORT_SESSION.REQUEST.*',
  'SUPPORT_SESSION.ASSET.*',
  'IMPERSONATE.*',
  '*.RESET',
  'ACCOUNT.*',
  'ACTION.*',
  'USER.*',
  'AUTH.*',
  'KEY.*',
  'STAFF.*',
  '*.DENIED',
]

export type ChoiceGroup = { label: string; values: readonly string[] }
export type FieldSpec = {
  label: string
  /** In the middle of a sentence. */
  noun: string
  groups?: readonly ChoiceGroup[]
  /** What to type, where there is something to type. */
  hint?: string
}

/** What each list of the filters is called, and what can be chosen or typed. */
export const fields: Record<ListName, FieldSpec> = {
  actor_id: { label: 'Admin', noun: 'admin', hint: 'E-mail address or id' },
  action: {
    label: 'Event',
    noun: 'event',
    groups: [
      { label: 'Groups', values: patterns },
      { label: 'Events', values: eventNames },
    ],
  },
  category: { label: 'Category', noun: 'category', groups: [{ label: 'Categories', values: categories }] },
  result: { label: 'Result', noun: 'result', groups: [{ label: 'Results', values: EventResult.options }] },
  tenant_id: { label: 'Tenant', noun: 'tenant', hint: 'Tenant id' },
  target_id: { label: 'Target', noun: 'target', hint: 'Id of a tenant, user, session or key' },
  resource_type: { label: 'Kind of target', noun: 'kind', groups: [{ label: 'Kinds', values: targetKinds }] },
  session_id: { label: 'Session', noun: 'session', hint: 'ses_…' },
  request_id: { label: 'Request', noun: 'request', hint: 'req_…' },
  ticket: { label: 'Ticket', noun: 'ticket', hint: '#4831 or SUP-4831' },
}
