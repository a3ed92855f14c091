import { z } from 'zod'

/** Stays in the log as it is, for ever: ids, words of ours, numbers, instants. */
export const kept = <S extends z.ZodType>(schema: S) => ({ as: 'kept', schema }) as const
/** Speaks of a person, or was typed by one: it can be erased. */
export const erasable = <S extends z.ZodType>(schema: S) => ({ as: 'erasable', schema }) as const
/** Members that are there together or not at all. */
export const optional = <G extends Group>(group: G) => ({ as: 'optional', group }) as const
/** One of several forms, told apart by their member `kind`. */
export const eitherOf = <const F extends readonly Group[]>(...forms: F) => ({ as: 'either', forms }) as const

type Leaf = { readonly as: 'kept' | 'erasable'; readonly schema: z.ZodType }
type Optional = { readonly as: 'optional'; readonly group: Group }
type Either = { readonly as: 'either'; readonly forms: readonly Group[] }

/** A member says whether it is kept or erasable, or has members that do. A bare schema says neither, and does not compile. */
export type Member = Leaf | Optional | Either | Group
export type Group = { readonly [name: string]: Member }

/** Stands for a value to which an earlier event has committed: its digest there, and here again. */
export class Committed {
  readonly digest: string
  constructor(digest: string) {
    this.digest = digest
  }
}

type Absent<G, V> = { [K in keyof G]: undefined extends V[K & keyof V] ? K : never }[keyof G]
type Optionals<G, V> = { -readonly [K in Exclude<keyof G, Absent<G, V>>]: V[K & keyof V] } & {
  -readonly [K in Absent<G, V>]?: V[K & keyof V]
}

/** What a member holds when it is recorded. */
export type ValueOf<M> = M extends { as: 'kept'; schema: infer S extends z.ZodType }
  ? z.infer<S>
  : M extends { as: 'erasable'; schema: infer S extends z.ZodType }
    ? z.infer<S> | Committed
    : M extends { as: 'optional'; group: infer G }
      ? ValuesOf<G> | undefined
      : M extends { as: 'either'; forms: readonly (infer G)[] }
        ? G extends Group
          ? ValuesOf<G>
          : never
        : ValuesOf<M>
export type ValuesOf<G> = Optionals<G, { [K in keyof G]: ValueOf<G[K]> }>

type KeptNames<G> = {
  [K in keyof G]: G[K] extends { as: 'kept'; schema: infer S extends z.ZodType } ? (undefined extends z.infer<S> ? never : K) : never
}[keyof G]

/** What a member holds when it is read: what is erasable may have been erased, and a group may have held nothing else. */
export type ReadOf<M> = M extends { as: 'kept'; schema: infer S extends z.ZodType }
  ? z.infer<S>
  : M extends { as: 'erasable'; schema: infer S extends z.ZodType }
    ? z.infer<S> | undefined
    : M extends { as: 'optional'; group: infer G }
      ? ReadsOf<G> | undefined
      : M extends { as: 'either'; forms: readonly (infer G)[] }
        ? G extends Group
          ? ReadsOf<G>
          : never
        : KeptNames<M> extends never
          ? ReadsOf<M> | undefined
          : ReadsOf<M>
export type ReadsOf<G> = Optionals<G, { [K in keyof G]: ReadOf<G[K]> }>

const isGroup = (member: Member): member is Group => typeof member.as !== 'string'

const isAlwaysThere = (member: Member): boolean => !isGroup(member) && member.as === 'kept' && !member.schema.safeParse(undefined).success

const memberSchema = (member: Member): z.ZodType => {
  // A group that held only what was erased is not there.
  if (isGroup(member)) return Object.values(member).some(isAlwaysThere) ? groupSchema(member) : groupSchema(member).optional()
  if (member.as === 'optional') return groupSchema(member.group).optional()
  if (member.as === 'either') return z.discriminatedUnion('kind', member.forms.map(groupSchema) as [z.ZodObject, ...z.ZodObject[]])
  return member.as === 'erasable' ? member.schema.optional() : member.schema
}

/** The schema of a group on the wire. A member that it does not know passes through: what was recorded is what is served. */
export const groupSchema = (group: Group): z.ZodObject =>
  z.looseObject(Object.fromEntries(Object.entries(group).map(([name, member]) => [name, memberSchema(member)])))

type Values = { readonly [name: string]: unknown }

const groupOf = (member: Optional | Either | Group, { kind }: Values): Group => {
  if (isGroup(member)) return member
  if (member.as === 'optional') return member.group
  const form = member.forms.find((each) => (each.kind as Leaf).schema.safeParse(kind).success)
  if (form === undefined) throw new TypeError(`there is no such kind: ${kind}`)
  return form
}

/**
 * Parts what is kept from what is erasable, which goes to `take` with its path. A member that is not declared is an error: it
 * would be in the log for ever.
 */
export const partMembers = (group: Group, values: Values, take: (path: string, value: unknown) => void, above = ''): Values => {
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    const path = `${above}${name}`
    const member = Object.hasOwn(group, name) ? group[name] : undefined
    if (member === undefined) throw new TypeError(`an event has no member ${path}`)
    if (member.as === 'kept') rest[name] = value
    else if (member.as === 'erasable') take(path, value)
    else {
      const inner = value as Values
      const part = partMembers(groupOf(member as Exclude<Member, Leaf>, inner), inner, take, `${path}.`)
      if (Object.keys(part).length > 0 || Object.keys(inner).length === 0) rest[name] = part
    }
  }
  return rest
}

/** The paths of the erasable members of a group. */
export const erasablePaths = (group: Group, above = ''): string[] =>
  Object.entries(group).flatMap(([name, member]) => {
    const path = `${above}${name}`
    if (isGroup(member)) return erasablePaths(member, `${path}.`)
    if (member.as === 'optional') return erasablePaths(member.group, `${path}.`)
    if (member.as === 'either') return member.forms.flatMap((form) => erasablePaths(form, `${path}.`))
    return member.as === 'erasable' ? [path] : []
  })

/** The schemas of members that have none of their own. */
export const schemasOf = <G extends { readonly [name: string]: Leaf }>(group: G) =>
  Object.fromEntries(Object.entries(group).map(([name, { schema }]) => [name, schema])) as { -readonly [K in keyof G]: G[K]['schema'] }
