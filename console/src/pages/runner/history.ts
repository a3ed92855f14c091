import { z } from 'zod'

/** What is kept of a request that was sent: never a body, and no headers. */
const Past = z.object({
  at: z.string(),
  method: z.string(),
  route: z.string(),
  parameters: z.record(z.string(), z.string()),
  query: z.array(z.object({ name: z.string(), value: z.string() })),
  path: z.string(),
  status: z.number(),
  duration_ms: z.number(),
  bytes: z.number(),
})
export type Past = z.infer<typeof Past>

const most = 50
const keyOf = (sessionId: string) => `countersign-runner ${sessionId}`

/** The requests of this session, as far as this tab sent them. They go with the tab. */
export const readPast = (sessionId: string): Past[] => {
  try {
    return z.array(Past).parse(JSON.parse(sessionStorage.getItem(keyOf(sessionId)) ?? '[]'))
  } catch {
    return []
  }
}

export const keepPast = (sessionId: string, past: readonly Past[]): Past[] => {
  const kept = past.slice(0, most)
  sessionStorage.setItem(keyOf(sessionId), JSON.stringify(kept))
  return kept
}
