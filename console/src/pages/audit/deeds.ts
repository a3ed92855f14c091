import type { LoggedEvent } from '@countersign/contract/events.ts'

/** What somebody did, as one row: its events in the order of the log. */
export type Deed = {
  key: string
  /** The newest of its events: what became of it. */
  head: LoggedEvent
  events: readonly LoggedEvent[]
}

const requestEvent = 'SUPPORT_SESSION.REQUEST.'

/**
 * What the events of one deed have in common: a request through the gateway, a search and whom it found, an act and its outcome, the
 * static files of a page. `loads`: of which load each file is.
 */
const keyOf = (event: LoggedEvent, loads: ReadonlyMap<string, string>): string => {
  if (event.action === 'SUPPORT_SESSION.ASSET.ADMITTED') return loads.get(event.request.id) ?? event.id
  if (event.action.startsWith(requestEvent) && event.request) return event.request.id
  if (event.action === 'USER.FOUND') return event.details.search
  if (event.category === 'action' && event.details?.request_id) return event.details.request_id
  return event.id
}

const filesOf = (event: LoggedEvent): [file: string, load: string][] =>
  event.action === 'SUPPORT_SESSION.ASSET.LOADED' ? event.details.files.map(({ id }) => [id, event.id]) : []

/** A search speaks for what it found; of everything else, the last word. */
const headOf = (events: readonly LoggedEvent[]): LoggedEvent =>
  events.find(({ action }) => action === 'USER.SEARCHED') ?? (events.at(-1) as LoggedEvent)

/** Events, newest first, as rows: each where its newest event stands. */
export const foldDeeds = (events: readonly LoggedEvent[]): Deed[] => {
  const deeds = new Map<string, LoggedEvent[]>()
  const loads = new Map(events.flatMap(filesOf))
  for (const event of events) {
    const key = keyOf(event, loads)
    const deed = deeds.get(key)
    if (deed) deed.push(event)
    else deeds.set(key, [event])
  }
  return [...deeds].map(([key, found]) => {
    const inOrder = found.toReversed()
    return { key, head: headOf(inOrder), events: inOrder }
  })
}

export const isOf = (deed: Deed, index: number | undefined): boolean =>
  index !== undefined && deed.events.some((event) => event.log_index === index)
