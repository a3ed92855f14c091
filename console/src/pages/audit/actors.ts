import type { EventPage } from '@countersign/contract/events.ts'
import type { InfiniteData, QueryClient } from '@tanstack/react-query'

/** The staff whose events have been read in this tab, by id: there is no list of staff to ask for. */
const seen = new Map<string, string>()

export const knownActors = (client: QueryClient): ReadonlyMap<string, string> => {
  for (const [, data] of client.getQueriesData<InfiniteData<EventPage>>({ queryKey: ['events'] }))
    for (const page of data?.pages ?? [])
      for (const { actor } of page.items) if (actor.kind === 'staff') seen.set(actor.id, actor.email ?? actor.id)
  return seen
}
