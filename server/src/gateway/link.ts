import type { MapAddress } from './map-address.ts'

const token = "[\\w!#$%&'*+.^`|~-]+"
const value = `(?:${token}|"(?:[^"\\\\]|\\\\[^])*")`
/** `<address>` with its parameters (RFC 8288 section 3), and the comma before the next one. Spaces are taken in one place only each. */
const linkValue = new RegExp(`[ \\t,]*<([^<>]*)>[ \\t]*((?:;[ \\t]*(?:${token}[ \\t]*(?:=[ \\t]*${value}[ \\t]*)?)?)*)(?:,|$)`, 'y')

/** A Link header with each address mapped. Links that lead elsewhere are left out; undefined where nothing is left. */
export const mapLinks = (header: string, map: MapAddress): string | undefined => {
  const kept: string[] = []
  linkValue.lastIndex = 0
  while (linkValue.lastIndex < header.length) {
    const found = linkValue.exec(header)
    if (!found) return undefined
    const [, reference = '', parameters = ''] = found
    const mapped = map(reference)
    // Another context (`anchor`) is one more address, which is not shown.
    if (mapped !== undefined && !/;[ \t]*anchor[ \t]*=/i.test(parameters)) kept.push(`<${mapped}>${parameters.trimEnd()}`)
  }
  return kept.length === 0 ? undefined : kept.join(', ')
}
