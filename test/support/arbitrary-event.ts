import { groupSchema } from '@countersign/contract/events/members.ts'
import { categoryOf, type EventName, eventNames, type LoggedEvent, membersOf } from '@countersign/contract/events.ts'
import fc from 'fast-check'
import { z } from 'zod'

type Schema = {
  $ref?: string
  $defs?: Record<string, Schema>
  type?: string
  const?: unknown
  enum?: unknown[]
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  maxLength?: number
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: Schema | boolean
  propertyNames?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

/** What ends a line, a field or a value for one format or another, and what looks like markup to the next. */
export const hostileTexts = [
  'a|b\\c=d"e]f',
  'act=ok suser=root',
  'first\nsecond\r\nthird',
  'null\0byte\u0085next\u2028line\u2029paragraph',
  '\u001b[31mred\u202eright to left',
  '<script>alert(1)</script>',
  '=HYPERLINK("https://elsewhere.example")',
  '{"countersign":{"log_index":-1}}',
  '<134>1 - - - - - - forged',
  `${'long '.repeat(400)}`,
  '日本語 🧑‍💻 ﷽',
  ' ',
]

const text = (limit = 2_000): fc.Arbitrary<string> =>
  fc
    .oneof(fc.constantFrom(...hostileTexts), fc.string({ unit: 'grapheme', maxLength: 40 }))
    .map((value) => value.slice(0, limit).toWellFormed())

const instant = fc
  .date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().replace('Z', '000Z'))

const stringOf = ({ pattern, format, maxLength }: Schema): fc.Arbitrary<string> => {
  if (format === 'date-time') return instant
  if (pattern !== undefined && !pattern.includes('\\p{'))
    return fc.stringMatching(new RegExp(pattern, 'u'), { maxLength: maxLength ?? 200 })
  return text(maxLength)
}

const arbitraryOf = (schema: Schema, root: Schema): fc.Arbitrary<unknown> => {
  const of = (inner: Schema) => arbitraryOf(inner, root)
  if (schema.$ref !== undefined) return of(root.$defs?.[schema.$ref.split('/').at(-1) as string] as Schema)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const forms = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (forms !== undefined) return fc.oneof(...forms.map(of))
  if (schema.type === 'string') return stringOf(schema)
  if (schema.type === 'integer') return fc.integer({ min: Math.max(schema.minimum ?? 0, 0), max: Math.min(schema.maximum ?? 1e6, 1e6) })
  if (schema.type === 'number') return fc.double({ min: 0, max: 1e6, noNaN: true })
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'array') return fc.array(of(schema.items ?? {}), { maxLength: 3 })
  if (schema.type === 'object') {
    if (schema.properties === undefined)
      return fc.dictionary(fc.constantFrom('reason', 'query'), of((schema.additionalProperties ?? {}) as Schema))
    const members = Object.entries(schema.properties).map(([name, inner]) => [name, of(inner)] as const)
    return fc.record(Object.fromEntries(members), { requiredKeys: schema.required ?? [] })
  }
  return fc.constant('anything')
}

const arbitraries = new Map<EventName, fc.Arbitrary<LoggedEvent>>()

/** Events of a name as they are served, whatever members they have, with texts that others may have typed. */
export const arbitraryEvent = (name: EventName): fc.Arbitrary<LoggedEvent> => {
  const known = arbitraries.get(name)
  if (known) return known
  const schema = z.toJSONSchema(groupSchema(membersOf(name)), { unrepresentable: 'any', io: 'input' }) as Schema
  const made = fc
    .tuple(arbitraryOf(schema, schema), fc.nat(), instant)
    .map(
      ([members, log_index, occurred_at]) =>
        ({ ...(members as object), category: categoryOf(name), log_index, occurred_at }) as LoggedEvent,
    )
  arbitraries.set(name, made)
  return made
}

export const anyEvent = fc.constantFrom(...eventNames).chain(arbitraryEvent)
