import { z } from 'zod'
import { reservedPrefix } from './views.ts'

/** The page that sends the requests of the console's request runner: from inside the view, as a page of the product would. */
export const runnerPath = `${reservedPrefix}runner`

/** What the console sends that page with one end of a channel. */
export const runnerGreeting = 'runner'

/** More of an answer is not read: nobody looks through it in a console. */
export const runnerBytesMaximum = 2_000_000

/** Headers that a request of the runner may have: those that the gateway passes on, and a script may set. */
export const runnerHeaders = [
  'accept',
  'accept-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'prefer',
  'range',
] as const

export type RunnerRequest = {
  id: number
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: string | null
}

export const RunnerAnswer = z.object({
  id: z.number(),
  /** 0 where the browser got no answer. */
  status: z.number().int(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.string(),
  bytes: z.number().int().describe('As far as it was read'),
  is_cut: z.boolean().describe('There was more, which was not read'),
  is_text: z.boolean(),
  duration_ms: z.number(),
})
export type RunnerAnswer = z.infer<typeof RunnerAnswer>
