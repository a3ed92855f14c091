/** A segment of a path pattern: this very text, or a parameter and what must follow it. */
export type Segment = { readonly text: string } | { readonly parameter: string; readonly verb: string }

/** A path pattern of the configuration. `below`: it stands for the path and for everything below it. */
export type Pattern = { readonly segments: readonly Segment[]; readonly below: boolean }

const parameterForm = /^(:[a-z][a-z0-9_]*)(:[A-Za-z0-9._~-]+)?$/
const textForm = /^[A-Za-z0-9._~!$',=@-][A-Za-z0-9._~!$',=@:-]*$/
const wildcardForm = /[*()[\]{}<>?+|^\\%]|^\.{3,}$/
const everythingBelow = '**'

export const segmentsOf = (path: string): string[] => (path === '/' ? [] : path.slice(1).split('/'))

const isPlain = (segment: string, isLast: boolean): boolean =>
  segment === '' ? isLast : segment.startsWith(':') ? parameterForm.test(segment) : textForm.test(segment) && !/^\.+$/.test(segment)

const complainOf = (segment: string): string => {
  if (segment === everythingBelow) return '`**` may stand at the end of a sink or of static files only; name each route by its own path'
  if (wildcardForm.test(segment)) {
    return `\`${segment}\` looks like a wildcard: write a segment that differs as \`:name\`, and everything below a sink as \`/**\` at its end`
  }
  if (/[^\x21-\x7e]/.test(segment)) return `\`${segment}\` has a character that is escaped in an address: write such a segment as \`:name\``
  if (segment.startsWith(':'))
    return `\`${segment}\` is not a parameter: write \`:name\` in lower case, or \`:name:verb\` for what follows it`
  return 'must be a path of plain segments and :parameters, as /v1/reports/:id'
}

/** What is wrong with how a path pattern is written, if anything is. */
export const findFault = (path: string, { mayEndBelow }: { mayEndBelow: boolean }): string | undefined => {
  if (!path.startsWith('/')) return 'must begin with /'
  const segments = path.slice(1).split('/')
  const judged = mayEndBelow && segments.at(-1) === everythingBelow ? segments.slice(0, -1) : segments
  const odd = judged.find((segment, at) => !isPlain(segment, at === segments.length - 1))
  if (odd !== undefined) return complainOf(odd)
  const names = judged.flatMap((segment) => parameterForm.exec(segment)?.[1] ?? [])
  return new Set(names).size < names.length ? 'names a parameter twice' : undefined
}

const parseSegment = (segment: string): Segment => {
  const [, parameter, verb = ''] = parameterForm.exec(segment) ?? []
  return parameter === undefined ? { text: segment } : { parameter, verb }
}

/** Reads a pattern that has no fault. */
export const parsePattern = (path: string): Pattern => {
  const below = path.endsWith(`/${everythingBelow}`)
  const plain = below ? path.slice(0, -everythingBelow.length - 1) || '/' : path
  return { segments: segmentsOf(plain).map(parseSegment), below }
}

/** The names of its parameters, from the left. */
export const parametersOf = ({ segments }: Pattern): string[] =>
  segments.flatMap((segment) => ('parameter' in segment ? [segment.parameter] : []))
