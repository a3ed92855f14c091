import type { DestinationState } from '@countersign/contract/feed.ts'
import type { Me } from '@countersign/contract/staff.ts'

const types: Record<string, string> = {
  webhook: 'Webhook',
  ndjson: 'NDJSON over HTTP',
  splunk_hec: 'Splunk HEC',
  elasticsearch: 'Elasticsearch',
  datadog: 'Datadog',
  syslog: 'Syslog',
  file: 'File',
  mail: 'E-mail',
  slack: 'Chat webhook',
  caep: 'CAEP receiver',
}
export const typeWord = ({ type }: DestinationState): string => types[type] ?? type

const formats = { countersign: 'as they are in the log', ocsf: 'as OCSF 1.8.0', ecs: 'as ECS', cef: 'as CEF' } as const
const contents = {
  events: 'events',
  receipts: 'receipts of support sessions',
  approvals: 'requests that wait for an approval',
  revocations: 'revoked sessions',
} as const
/** What goes there, in which form. */
export const contentWords = ({ content, format }: DestinationState): string =>
  format === null ? contents[content] : `${contents[content]}, ${formats[format]}`

/** The filter in the words of the audit page; undefined where there is none. */
export const filterWords = ({ filter, content }: DestinationState): string | undefined => {
  if (content !== 'events') return undefined
  const parts = Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return parts.length === 0 ? undefined : parts.join(' · ')
}

/** Who may test a destination and replay to it; others see how it goes. */
export const mayDeliver = (me: Me): boolean => me.staff.roles.includes('super_admin')
