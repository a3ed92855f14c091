import { membersOf } from '../members.ts'

type Headers = Record<string, string | string[] | undefined>

const kept = new Set([200, 206, 304])
const passed = /^(?:no-cache|must-revalidate|immutable|no-transform|(?:max-age|stale-while-revalidate|stale-if-error)=[0-9]{1,9})$/

/**
 * What a browser may keep of a static file: what the product says, by itself alone and never in between. Where the product says nothing, it
 * asks each time whether the file is still the same.
 */
export const cachingOf = (status: number, headers: Headers): string => {
  const said = headers['cache-control']
  const directives = typeof said === 'string' ? membersOf(said.toLowerCase()) : []
  if (!kept.has(status) || directives.includes('no-store')) return 'no-store'
  const own = directives.filter((directive) => passed.test(directive))
  return ['private', ...(own.length > 0 ? own : ['no-cache'])].join(', ')
}

/** At the gateway's own address a browser finds what was kept for one session by the token of that session alone. */
export const varyBySession = (head: readonly string[]): string[] => {
  const at = head.findIndex((name, i) => i % 2 === 0 && name === 'vary')
  return at < 0 ? [...head, 'vary', 'authorization'] : head.with(at + 1, `${head[at + 1]}, authorization`)
}
