import type { FeedFormat } from '@countersign/contract/feed.ts'
import type { Destination } from '../destinations.ts'
import { noticeFor } from './contents/approval.ts'
import { type Content, causesOf, type Write, type WriteNeeds } from './contents/content.ts'
import { receiptFor, receiptText } from './contents/receipt.ts'
import { revocationClaims, verificationClaims } from './contents/revocation.ts'
import { formatCef } from './formats/cef.ts'
import { formatEcs } from './formats/ecs.ts'
import { formatOcsf } from './formats/ocsf.ts'
import type { FeedRecord } from './formats/record.ts'
import type { Item } from './senders/sender.ts'

const writers: Record<FeedFormat, (record: FeedRecord) => string> = {
  countersign: ({ event, leaf, origin }) => JSON.stringify({ ...event, leaf_hash: leaf, log_origin: origin }),
  ocsf: (record) => JSON.stringify(formatOcsf(record)),
  ecs: (record) => JSON.stringify(formatEcs(record)),
  cef: formatCef,
}

export const writeItem = (format: FeedFormat, record: FeedRecord): Item => ({
  ...record,
  text: writers[format](record),
  isJson: format !== 'cef',
})

/** What is sent to a destination. */
export const contentOf = (destination: Destination): Content => {
  if (destination.type === 'caep') return 'revocations'
  if (destination.type === 'slack') return 'approvals'
  return 'content' in destination ? destination.content : 'events'
}

/** The events that concern a destination: by its filter, or by what it is sent. */
export const filterOf = (destination: Destination) => {
  const causes = causesOf[contentOf(destination)]
  return causes === undefined && 'filter' in destination ? destination.filter : { action: causes?.join(',') }
}

const asMail = (record: FeedRecord, subject: string, text: string): Item => ({ ...record, text, subject, isJson: false })

/** How a destination's items are made. */
export const newWrite = (needs: WriteNeeds, destination: Destination): Write => {
  const content = contentOf(destination)
  if (content === 'approvals')
    return async (record) => {
      const { subject, text } = noticeFor(needs, record)
      return asMail(record, subject, text)
    }
  if (content === 'receipts')
    return async (record) => {
      const receipt = await receiptFor(needs, record)
      if (!receipt) return undefined
      if (destination.type !== 'mail') return { ...record, text: JSON.stringify(receipt), isJson: true }
      return asMail(record, `Support had access to ${receipt.target_user_id ?? receipt.tenant_id}`, receiptText(receipt, needs))
    }
  if (destination.type === 'caep')
    return async (record) => ({
      ...record,
      text: revocationClaims(record, { issuer: needs.consoleUrl, audience: destination.audience }),
      isJson: true,
    })
  const { format } = destination as { format: FeedFormat }
  return async (record) => writeItem(format, record)
}

/** What a test sends: nothing that anybody would act on. */
export const writeTest = ({ consoleUrl, productName }: WriteNeeds, destination: Destination, record: FeedRecord): Item => {
  if (destination.type === 'caep')
    return { ...record, text: verificationClaims(record, { issuer: consoleUrl, audience: destination.audience }), isJson: true }
  if (destination.type === 'mail' || destination.type === 'slack')
    return asMail(
      record,
      `Countersign of ${productName}: a test`,
      `This is a test of delivery, asked for at ${consoleUrl}. Nothing has happened.\n`,
    )
  return writeItem(destination.format, record)
}

/** Parts of a batch that fit into one message of the destination each; what is larger alone goes alone. */
export const splitItems = (items: readonly Item[], limits: { events: number; bytes: number }): Item[][] => {
  const parts: Item[][] = []
  let bytes = 0
  for (const item of items) {
    const size = Buffer.byteLength(item.text)
    const part = parts.at(-1)
    if (part && part.length < limits.events && bytes + size <= limits.bytes) part.push(item)
    else {
      parts.push([item])
      bytes = 0
    }
    bytes += size
  }
  return parts
}
