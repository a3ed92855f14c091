/** Values that a filter lets through, and values that it keeps out. */
export type Choice = { readonly any: readonly string[]; readonly none: readonly string[] }

const valuesMaximum = 50

/** One value and what follows it: `-` excludes; quotes hold a comma, a leading dash, or (doubled) a quote. */
const item = /(-?)(?:"((?:[^"]|"")*)"|([^",][^,]*))(,|$)/y

/**
 * A list as addresses, the API and the console write it: `a,b` is either, `-c` is not c, `"a,b"` is one value with a comma.
 * Undefined where it is not one.
 */
export const parseChoice = (text: string): Choice | undefined => {
  const any: string[] = []
  const none: string[] = []
  for (let at = 0, more = true; more; ) {
    item.lastIndex = at
    const [whole, dash, quoted, plain, comma] = item.exec(text) ?? []
    if (whole === undefined || any.length + none.length >= valuesMaximum) return undefined
    const value = quoted?.replaceAll('""', '"') ?? plain ?? ''
    ;(dash === '-' ? none : any).push(value)
    at += whole.length
    more = comma === ','
  }
  return { any, none }
}

const formatValue = (value: string): string => (/^$|^[-"]|,/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

/** The list that means these values; empty where there is none. */
export const formatChoice = ({ any, none }: Choice): string =>
  [...any.map(formatValue), ...none.map((value) => `-${formatValue(value)}`)].join(',')

/** One value, as a list of it alone is written: an id of the product's may hold a comma. */
export const only = (value: string): string => formatValue(value)
