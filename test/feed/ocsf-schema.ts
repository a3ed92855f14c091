import { readFileSync } from 'node:fs'

type Attribute = {
  type?: string
  object?: string
  is_array?: boolean
  requirement?: string
  profile?: string
  enum?: Record<string, string>
}
type Constraints = { at_least_one?: string[]; just_one?: string[] }
type Thing = { attributes: Record<string, Attribute>; constraints?: Constraints }
type Class = Thing & { class_uid: number }
type Type = { type?: string; regex?: string; max_len?: number; range?: [number, number]; values?: unknown[] }
export type Ocsf = { classes: Record<string, Class>; objects: Record<string, Thing>; types: Record<string, Type>; version: string }

export const readOcsf = (path: string): Ocsf => JSON.parse(readFileSync(path, 'utf8'))

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const baseOf = ({ types }: Ocsf, name: string): string => (types[name]?.type ? baseOf({ types } as Ocsf, types[name].type) : name)

const isOfBase = (base: string, value: unknown): boolean => {
  if (base === 'string_t') return typeof value === 'string'
  if (base === 'integer_t' || base === 'long_t') return Number.isSafeInteger(value)
  if (base === 'float_t') return typeof value === 'number'
  if (base === 'boolean_t') return typeof value === 'boolean'
  return true
}

/** What is wrong with an event by the published schema, each with its path. Attributes of profiles count where the event names them. */
export const troublesOf = (ocsf: Ocsf, event: Record<string, unknown>): string[] => {
  const troubles: string[] = []
  const profiles = ((event.metadata as { profiles?: string[] } | undefined)?.profiles ?? []) as string[]
  const say = (path: string, sentence: string): void => {
    troubles.push(`${path}: ${sentence}`)
  }

  const checkObject = (path: string, name: string, value: unknown): void => {
    const object = ocsf.objects[name]
    if (!isPlain(value)) say(path, 'is no object')
    else if (object && name !== 'object') checkThing(path, object, value)
    else if (name !== 'object') say(path, `of an object that is not there: ${name}`)
  }

  const checkValue = (path: string, attribute: Attribute, value: unknown): void => {
    if (attribute.object !== undefined) {
      checkObject(path, attribute.object, value)
      return
    }
    const name = attribute.type as string
    const { regex, max_len } = ocsf.types[name] ?? {}
    const fits = isOfBase(baseOf(ocsf, name), value) && (regex === undefined || new RegExp(regex).test(String(value)))
    if (!fits) say(path, `is no ${name}: ${JSON.stringify(value)}`)
    if (max_len !== undefined && String(value).length > max_len) say(path, 'is too long')
    // Of these two, classes inherit the values of the base event.
    if (path === 'event.class_uid' || path === 'event.category_uid') return
    if (attribute.enum && name === 'integer_t' && !Object.hasOwn(attribute.enum, String(value)))
      say(path, `is none of its values: ${value}`)
  }

  const checkThing = (path: string, thing: Thing, value: Record<string, unknown>): void => {
    for (const [name, attribute] of Object.entries(thing.attributes)) {
      const applies = attribute.profile === undefined || profiles.includes(attribute.profile)
      if (applies && attribute.requirement === 'required' && value[name] === undefined) say(`${path}.${name}`, 'is required')
    }
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue
      const attribute = thing.attributes[name]
      if (!attribute) say(`${path}.${name}`, 'is no attribute')
      else if (attribute.profile !== undefined && !profiles.includes(attribute.profile))
        say(`${path}.${name}`, `needs the profile ${attribute.profile}`)
      else if (!attribute.is_array) checkValue(`${path}.${name}`, attribute, member)
      else if (!Array.isArray(member)) say(`${path}.${name}`, 'is no array')
      else for (const [at, each] of member.entries()) checkValue(`${path}.${name}.${at}`, attribute, each)
    }
    const present = (names: string[]) => names.filter((name) => value[name] !== undefined).length
    const { at_least_one, just_one } = thing.constraints ?? {}
    if (at_least_one && present(at_least_one) === 0) say(path, `has none of ${at_least_one.join(', ')}`)
    if (just_one && present(just_one) !== 1) say(path, `has not just one of ${just_one.join(', ')}`)
  }

  const kind = Object.values(ocsf.classes).find(({ class_uid }) => class_uid === event.class_uid)
  if (!kind) return [`class_uid: ${event.class_uid} is no class`]
  checkThing('event', kind, event)
  if (event.type_uid !== (event.class_uid as number) * 100 + (event.activity_id as number))
    say('type_uid', 'is not class_uid × 100 + activity_id')
  if (!Object.hasOwn(kind.attributes.activity_id?.enum ?? {}, String(event.activity_id))) say('activity_id', 'is none of its values')
  return troubles
}
