import type { FeedFormat } from '@countersign/contract/feed.ts'
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
