import { type Choice, formatChoice, parseChoice } from '@countersign/contract/choice.ts'
import { chosenNames, parseFilter } from '@countersign/contract/event-filter.ts'
import { EventFilters, type EventName } from '@countersign/contract/events.ts'
import { z } from 'zod'

export const spans = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const
export type Span = keyof typeof spans
export const spanWords: Record<Span, string> = { '1h': 'last 1 h', '24h': 'last 24 h', '7d': 'last 7 d' }

const forgiving = Object.fromEntries(
  Object.entries(EventFilters.shape).map(([name, schema]) => [name, schema.catch(undefined)]),
) as unknown as { [N in keyof EventFilters]-?: z.ZodCatch<(typeof EventFilters.shape)[N]> }

/** The filters as the URL has them. What does not parse is left out rather than failing the page. */
export const AuditSearch = z.object({
  last: z.enum(['1h', '24h', '7d']).optional().catch(undefined),
  ...forgiving,
  /** Reads of the log are hidden unless they are asked for. */
  reads: z.enum(['shown']).optional().catch(undefined),
  /** The open one, by its place in the log. */
  event: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .catch(undefined),
})
export type AuditSearch = z.infer<typeof AuditSearch>

/** The filters that are lists, in the order in which they are shown. */
export const listNames = [
  'actor_id',
  'action',
  'category',
  'result',
  'tenant_id',
  'target_id',
  'resource_type',
  'session_id',
  'request_id',
  'ticket',
] as const satisfies readonly (keyof EventFilters)[]
export type ListName = (typeof listNames)[number]

const nothing: Choice = { any: [], none: [] }
export const choiceOf = (search: AuditSearch, name: ListName): Choice => parseChoice(search[name] ?? '') ?? nothing

/** One value more or less of a list, let through or kept out. */
export const withValue = (search: AuditSearch, name: ListName, value: string, as: keyof Choice | undefined): AuditSearch => {
  const { any, none } = choiceOf(search, name)
  const rest = { any: any.filter((each) => each !== value), none: none.filter((each) => each !== value) }
  const next = as === undefined ? rest : { ...rest, [as]: [...rest[as], value] }
  return { [name]: formatChoice(next) || undefined }
}

/** What nobody did but look, and what the log says of itself before it is signed: left out unless it is asked for. */
const unasked: readonly EventName[] = ['AUDIT.READ', 'LOG.TALLIED']

/** Whether the filters ask for reads of the log by name. */
export const asksForReads = (search: AuditSearch): boolean => {
  const { category, action } = search
  if (search.reads === 'shown') return true
  if (!choiceOf(search, 'category').any.length && !choiceOf(search, 'action').any.length) return false
  return chosenNames(parseFilter({ category, action }))?.some((name) => unasked.includes(name)) ?? false
}

const spanToFrom = ({ last, from }: AuditSearch, now: number): string | undefined =>
  last ? new Date(now - spans[last]).toISOString() : from

/** What the server is asked, and what an export holds: the span as the instant where it begins, reads of the log left out. */
export const toFilters = (search: AuditSearch, now: number): EventFilters => {
  const { last: _, event: __, reads: ___, ...filters } = search
  const action = choiceOf(search, 'action')
  const hiding = asksForReads(search)
    ? {}
    : {
        action: formatChoice({
          ...action,
          none: [...action.none.filter((name) => !(unasked as readonly string[]).includes(name)), ...unasked],
        }),
      }
  const asked = { ...filters, ...hiding, from: spanToFrom(search, now) }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}

/** Filters in force: each value of a list, and each of the others. */
export const countFilters = ({ event: _, reads: __, ...search }: AuditSearch): number =>
  Object.entries(search).reduce((sum, [name, value]) => {
    if (value === undefined) return sum
    const choice = (listNames as readonly string[]).includes(name) ? parseChoice(value) : undefined
    return sum + (choice ? choice.any.length + choice.none.length : 1)
  }, 0)
