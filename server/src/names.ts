import { closest, distance } from 'fastest-levenshtein'

/** The members that a schema knows at a path within it. */
export const knownNames = (schema: unknown, path: readonly PropertyKey[]): string[] => {
  // biome-ignore lint/suspicious/noExplicitAny: walking the schema's own structure
  let at: any = schema
  const unwrap = () => {
    while (at?._zod?.def?.innerType ?? at?._zod?.def?.out) at = at._zod.def.innerType ?? at._zod.def.out
  }
  for (const step of path) {
    unwrap()
    at = at?._zod?.def?.shape?.[step] ?? at?._zod?.def?.element ?? at?._zod?.def?.valueType
  }
  unwrap()
  return Object.keys(at?._zod?.def?.shape ?? at?._zod?.def?.keyType?.enum ?? {})
}

/** The nearest word that would do, for one that would not. */
export const meant = (said: unknown, known: readonly unknown[]): string => {
  const words = known.filter((word) => typeof word === 'string')
  if (typeof said !== 'string' || said.length > 100 || words.length === 0) return ''
  const word = closest(said, words)
  return distance(said, word) <= said.length / 2 ? `; did you mean \`${word}\`?` : ''
}
