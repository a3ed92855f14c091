const longest = 2048
const reserved = '/.countersign/'

/** What the gateway takes as it stands, or percent-encoded; everything else would be refused there. */
const plainPath = /^(?:[A-Za-z0-9._~!$'()*,=:@/-]|%(?:2[124678-9A-C]|3[ACDE]|40|5[BDE]|60|7[BCD]))*$/
const plainQuery = /^(?:[A-Za-z0-9._~!$'()*,=:@/?&+-]|%(?:[2-6][0-9A-F]|7[0-9A-E]|[89A-F][0-9A-F]))*$/

const namesTwice = (query: string): string | undefined => {
  const names = query === '' ? [] : query.split('&').map((pair) => pair.split('=', 1)[0] ?? '')
  return names.find((name, at) => names.indexOf(name) !== at)
}

const faultOf = (pathname: string, query: string): string | undefined => {
  if (pathname.length + query.length + 1 > longest) return `The path is longer than ${longest.toLocaleString('en')} characters.`
  if (pathname.startsWith(reserved)) return `Paths below ${reserved} are not the product’s.`
  if (pathname.includes('//')) return 'Two slashes in a row are not accepted by the gateway.'
  if (!plainPath.test(pathname)) return 'The path has a character that the gateway does not accept.'
  if (!plainQuery.test(query)) return 'The part after the question mark has a character that the gateway does not accept.'
  const twice = namesTwice(query)
  return twice === undefined ? undefined : `The part after the question mark has “${twice}” twice.`
}

export type ReadPath = { path: string; fault?: never } | { fault: string; path?: never }

/**
 * What somebody typed or pasted, as a path of the product. Of a whole address its path is taken: which host the customer was on does
 * not matter here. The gateway judges again.
 */
export const readPath = (typed: string): ReadPath => {
  const text = typed.trim()
  const isWhole = /^https?:\/\//i.test(text)
  const base = 'https://product.invalid'
  const whole = isWhole ? text : `${base}${text.startsWith('/') ? '' : '/'}${text}`
  if (!URL.canParse(whole)) return { fault: 'This is not a path such as /members/7.' }
  const { pathname, search, origin } = new URL(whole)
  // A path of two slashes would have been read as another host.
  if (!isWhole && origin !== base) return { fault: 'This is not a path such as /members/7.' }
  const fault = faultOf(pathname, search.slice(1))
  return fault === undefined ? { path: pathname + search } : { fault }
}
