/** What I gave as a reason, for a session or for an action. */
export type Given = { reason: string | null; ticket: string | null; at: string }

const most = 3

/** My reasons of today, the newest first, each once, with the ticket that it was last given with. */
export const reasonsOfToday = (given: readonly Given[], isToday: (at: string) => boolean): { reason: string; ticket: string | null }[] => {
  const byReason = new Map<string, string | null>()
  for (const { reason, ticket, at } of given.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)))
    if (reason !== null && isToday(at) && !byReason.has(reason)) byReason.set(reason, ticket)
  return [...byReason].slice(0, most).map(([reason, ticket]) => ({ reason, ticket }))
}
