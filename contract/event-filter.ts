import { type Choice, parseChoice } from './choice.ts'
import { categoryOf, type EventFilters, type EventName, eventNames, type LoggedEvent } from './events.ts'

type Lists = Exclude<keyof EventFilters, 'text' | 'from' | 'to'>

/** What was asked, taken apart: lists as what they let through and what they keep out. */
export type EventFilter = { readonly [L in Lists]?: Choice } & { readonly text?: string; readonly from?: string; readonly to?: string }

const plain = new Set<string>(['text', 'from', 'to'])

/** Takes filters apart that the schema has let through. */
export const parseFilter = (filters: EventFilters): EventFilter =>
  Object.fromEntries(
    Object.entries(filters).flatMap(([name, value]) => {
      if (value === undefined) return []
      const parsed = plain.has(name) ? value : parseChoice(value)
      if (parsed === undefined) throw new TypeError(`${name} is not a list`)
      return [[name, parsed]]
    }),
  )

/** Whether a value is one of those, with none given: any. */
export const isChosen = ({ any, none }: Choice, value: string | undefined): boolean =>
  (any.length === 0 || (value !== undefined && any.includes(value))) && (value === undefined || !none.includes(value))

const fits = (pattern: string, name: string): boolean =>
  pattern === name || (pattern.includes('*') && new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*')}$`).test(name))

/** The names of events that category and action let through; undefined where neither is asked for. */
export const chosenNames = ({ category, action }: EventFilter): EventName[] | undefined => {
  if (!category && !action) return undefined
  const isNamed = (patterns: readonly string[], name: string) => patterns.some((pattern) => fits(pattern, name))
  return eventNames.filter((name) => {
    if (category && !isChosen(category, categoryOf(name))) return false
    return !action || ((action.any.length === 0 || isNamed(action.any, name)) && !isNamed(action.none, name))
  })
}

/** The event names whose reason or note a text is looked for in: the member, not what the product calls a note. */
const says = (event: LoggedEvent, text: string): boolean =>
  [event.reason, event.note].some((words) => words?.toLowerCase().includes(text.toLowerCase()))

/** Whether an event in hand passes: what audit/matching.ts asks the database. Staff go by id here. */
export const passes = (filter: EventFilter, event: LoggedEvent): boolean => {
  const names = chosenNames(filter)
  const { actor_id, resource_type, target_id, tenant_id, session_id, request_id, ticket, result, text, from, to } = filter
  const lists: [Choice | undefined, string | undefined][] = [
    [actor_id, event.actor.id],
    [resource_type, event.target?.kind],
    [target_id, event.target?.id],
    [tenant_id, event.tenant_id],
    [session_id, event.session_id],
    [request_id, event.request?.id],
    [ticket, event.ticket],
    [result, event.result],
  ]
  return (
    (!names || names.includes(event.action)) &&
    lists.every(([choice, value]) => !choice || isChosen(choice, value)) &&
    (text === undefined || says(event, text)) &&
    (from === undefined || Date.parse(event.occurred_at) >= Date.parse(from)) &&
    (to === undefined || Date.parse(event.occurred_at) < Date.parse(to))
  )
}
