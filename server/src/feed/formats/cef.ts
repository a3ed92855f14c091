import { version as programVersion } from '../../version.ts'
import { compact, type FeedRecord, millisecondsOf, type Severity, sentenceOf, severityOf } from './record.ts'

const severityNumbers: Record<Severity, number> = { informational: 1, low: 3, medium: 5, high: 8, critical: 10 }

/** What ends a line to any of its readers is written as a space, or as `\n` where the format has that. */
const breaks = /\r\n|[\n\r\u0085\u2028\u2029\v\f\0]/g

/** A field of the header: backslash and pipe are escaped; a line break cannot be written there. */
const header = (text: string): string => text.toWellFormed().replace(/[\\|]/g, '\\$&').replace(breaks, ' ')

/** A value of the extension: backslash and equals sign are escaped, a line break is `\n`. */
const value = (text: string): string => text.toWellFormed().replace(/[\\=]/g, '\\$&').replace(breaks, '\\n')

const label = (n: number, name: string, text: string | undefined): Record<string, string | undefined> =>
  text === undefined ? {} : { [`cs${n}Label`]: name, [`cs${n}`]: text }

/** An event as one line of ArcSight's Common Event Format, CEF:0, without a line end. */
export const formatCef = ({ event, leaf, origin }: FeedRecord): string => {
  const { actor, request, target } = event
  const fields = ['Countersign', 'Countersign', programVersion, event.action, sentenceOf(event)].map(header)
  const extension = compact({
    rt: millisecondsOf(event.occurred_at),
    externalId: event.id,
    cat: event.category,
    act: event.action,
    outcome: event.result,
    reason: event.reason ?? event.note,
    msg: event.note,
    suid: actor.id,
    suser: actor.kind === 'staff' ? (actor.email ?? actor.id) : actor.id,
    duid: target?.kind === 'user' ? target.id : undefined,
    duser: target?.kind === 'user' ? (target.label ?? target.id) : undefined,
    requestMethod: request?.method,
    request: request?.path,
    cn1Label: 'log_index',
    cn1: event.log_index,
    ...(request?.status === undefined ? {} : { cn2Label: 'status', cn2: request.status }),
    ...label(1, 'tenant_id', event.tenant_id),
    ...label(2, 'session_id', event.session_id),
    ...label(3, 'ticket', event.ticket),
    ...label(4, 'request_id', request?.id),
    ...label(5, 'leaf_hash', leaf),
    ...label(6, 'log_origin', origin),
  })
  const pairs = Object.entries(extension).map(([key, member]) => `${key}=${value(String(member))}`)
  return `CEF:0|${fields.join('|')}|${severityNumbers[severityOf(event)]}|${pairs.join(' ')}`
}
