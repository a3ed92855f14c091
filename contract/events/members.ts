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

/** What a member holds. */
export type ValueOf<M> = M extends { as: 'kept' | 'erasable'; schema: infer S extends z.ZodType }
  ? z.infer<S>
  : M extends { as: 'optional'; group: infer G }
    ? ValuesOf<G> | undefined
    : M extends { as: 'either'; forms: readonly (infer G)[] }
      ? G extends Group
        ? ValuesOf<G>
        : never
      : ValuesOf<M>

type OptionalKeys<G> = { [K in keyof G]: undefined extends ValueOf<G[K]> ? K : never }[keyof G]

/** What a group of members holds. */
export type ValuesOf<G> = { -readonly [K in Exclude<keyof G, OptionalKeys<G>>]: ValueOf<G[K]> } & {
  -readonly [K in OptionalKeys<G>]?: ValueOf<G[K]>
}

const isGroup = (member: Member): member is Group => typeof member.as !== 'string'

const memberSchema = (member: Member): z.ZodType => {
  if (isGroup(member)) return groupSchema(member)
  if (member.as === 'optional') return groupSchema(member.group).optional()
  if (member.as === 'either') return z.discriminatedUnion('kind', member.forms.map(groupSchema) as [z.ZodObject, ...z.ZodObject[]])
  return member.schema
}

/** The schema of a group on the wire. A member that it does not know passes through: what was recorded is what is served. */
export const groupSchema = (group: Group): z.ZodObject =>
  z.looseObject(Object.fromEntries(Object.entries(group).map(([name, member]) => [name, memberSchema(member)])))

/** The schemas of members that have none of their own. */
export const schemasOf = <G extends { readonly [name: string]: Leaf }>(group: G) =>
  Object.fromEntries(Object.entries(group).map(([name, { schema }]) => [name, schema])) as { -readonly [K in keyof G]: G[K]['schema'] }
