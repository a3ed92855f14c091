import type { EventCategory, LoggedEvent } from '@countersign/contract/events.ts'
import { version as programVersion } from '../../version.ts'
import { compact, type FeedRecord, sentenceOf, severities, severityOf } from './record.ts'

/** The version of the Elastic Common Schema that is written. */
export const ecsVersion = '9.2.0'

type Values = Record<string, unknown>

const categories: Record<EventCategory, readonly [category: readonly string[], type: readonly string[]]> = {
  support_session: [['session'], ['access']],
  action: [['iam'], ['change']],
  approval: [['iam'], ['admin']],
  gateway: [['api'], ['access']],
  look_up: [['iam'], ['access']],
  directory: [['configuration'], ['change']],
  audit: [['configuration'], ['access']],
  authentication: [['authentication'], ['info']],
  authorization: [['iam'], ['denied']],
  administration: [['configuration'], ['admin']],
}

const ends = /\.(?:ENDED|EXPIRED|REVOKED|SIGNED_OUT|CUT)$/
const starts = /\.(?:STARTED|CREATED|SIGNED_IN)$/

const typesOf = ({ action, category, result }: LoggedEvent): string[] => {
  const [, types] = categories[category]
  const more = result === 'deny' ? 'denied' : ends.test(action) ? 'end' : starts.test(action) ? 'start' : undefined
  return [...new Set([...types, ...(more === undefined ? [] : [more])])]
}

const personOf = ({ actor }: LoggedEvent): Values => ({
  id: actor.id,
  ...(actor.kind === 'staff' ? { name: actor.name, email: actor.email, domain: actor.issuer } : {}),
})

const addressOf = (details: LoggedEvent['details']): string | undefined =>
  details && 'peer' in details && typeof details.peer === 'string' ? details.peer : undefined

/** An event in the Elastic Common Schema. The whole of it is under `countersign`, with the place and the leaf of the log. */
export const formatEcs = ({ event, leaf, origin }: FeedRecord): Values => {
  const { request, target, tenant_id, session_id } = event
  return compact({
    '@timestamp': event.occurred_at,
    ecs: { version: ecsVersion },
    message: sentenceOf(event),
    event: {
      id: event.id,
      kind: event.action === 'LOG.TAMPER.SUSPECTED' ? 'alert' : 'event',
      category: [...categories[event.category][0]],
      type: typesOf(event),
      action: event.action,
      code: event.code,
      outcome: event.result === 'ok' ? 'success' : 'failure',
      reason: event.reason ?? event.note,
      sequence: event.log_index,
      severity: severities.indexOf(severityOf(event)),
      dataset: 'countersign.audit',
      module: 'countersign',
      provider: origin,
      duration: request?.duration_ms === undefined ? undefined : Math.round(request.duration_ms * 1_000_000),
    },
    user: {
      ...personOf(event),
      ...(target?.kind === 'user' || target?.kind === 'staff' ? { target: { id: target.id, name: target.label } } : {}),
    },
    organization: { id: tenant_id },
    http: request && {
      request: { id: request.id, method: request.method },
      response: { status_code: request.status, bytes: request.bytes },
    },
    url: { path: request?.path },
    source: { address: addressOf(event.details) },
    observer: { vendor: 'Countersign', product: 'Countersign', version: programVersion },
    labels: { session_id, ticket: event.ticket },
    countersign: { ...event, leaf_hash: leaf },
  })
}
