import { targetFault } from '@countersign/contract/target.ts'

const reserved = '/.countersign/'

const faultOf = (pathname: string, search: string): string | undefined => {
  if (pathname.startsWith(reserved)) return `Paths below ${reserved} are not the product’s.`
  if (pathname.includes('//')) return 'Two slashes in a row are not accepted by the gateway.'
  return targetFault(pathname + search)
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
  const fault = faultOf(pathname, search)
  return fault === undefined ? { path: pathname + search } : { fault }
}
