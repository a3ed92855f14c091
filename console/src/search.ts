/** Search parameters are plain text, in both directions: a ticket 4831 is not a number. */
export const parseSearch = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text))

export const formatSearch = (search: Record<string, unknown>): string => {
  const set = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
  return set.length === 0 ? '' : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`
}

type Read<T> = (given: string) => T | undefined
type Fields = Readonly<Record<string, Read<unknown>>>
type ValuesOf<F extends Fields> = { [N in keyof F]?: ReturnType<F[N]> }

/**
 * Reads the parameters that a page has. What does not fit is left out rather than failing the page. The router reads them before
 * anything is shown, so this does without zod; a page whose parameters need more reads them again with a schema.
 */
export const searchOf =
  <F extends Fields>(fields: F) =>
  (given: Record<string, unknown>): ValuesOf<F> =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([name, read]) => {
        const text = given[name]
        const value = typeof text === 'string' ? read(text) : undefined
        return value === undefined ? [] : [[name, value]]
      }),
    ) as ValuesOf<F>

export const text =
  (maximum = Number.POSITIVE_INFINITY): Read<string> =>
  (given) =>
    given.length <= maximum ? given : undefined

export const like =
  (pattern: RegExp): Read<string> =>
  (given) =>
    pattern.test(given) ? given : undefined

export const oneOf =
  <const T extends string>(values: readonly T[]): Read<T> =>
  (given) =>
    values.find((value) => value === given)
