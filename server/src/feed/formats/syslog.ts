import { type FeedRecord, type Severity, severityOf } from './record.ts'

/** RFC 5424 section 6.2.1: facility 13, log audit. */
const facility = 13
const severityNumbers: Record<Severity, number> = { informational: 6, low: 5, medium: 4, high: 3, critical: 2 }

/** PRINTUSASCII of a length, and never empty (RFC 5424 section 6). */
const printable = (text: string, length: number): string => text.replace(/[^\x21-\x7e]/g, '_').slice(0, length) || '-'

/** A parameter's value: quote, backslash and bracket are escaped (section 6.3.3). */
const parameter = (text: string): string => text.toWellFormed().replace(/["\\\]]/g, '\\$&')

/** Lines end messages for many receivers, whatever the framing: a control character never stands in the text. */
const oneLine = (text: string): string =>
  text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** UTF-8 follows (section 6.4). */
const bom = '\ufeff'

type From = { hostname: string; pid: number }

/**
 * An event as one message of RFC 5424, without framing. Its structured data holds what finds it in the log again; the text is
 * what the destination's format makes of it.
 */
export const formatSyslog = ({ event, leaf, origin }: FeedRecord, text: string, { hostname, pid }: From): string => {
  const priority = facility * 8 + severityNumbers[severityOf(event)]
  const data = { index: String(event.log_index), id: event.id, leaf, origin, result: event.result }
  const parameters = Object.entries(data).map(([name, member]) => `${name}="${parameter(member)}"`)
  const words = [`<${priority}>1`, event.occurred_at, printable(hostname, 255), 'countersign', String(pid), printable(event.action, 32)]
  return `${words.join(' ')} [countersign@32473 ${parameters.join(' ')}] ${bom}${oneLine(text)}`
}

/** Octet counting: RFC 6587 section 3.4.1, and RFC 5425 section 4.3 for TLS. */
export const frameSyslog = (message: string): Buffer => {
  const bytes = Buffer.from(message)
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes])
}
