// Upper-case escapes only, none of a control or of a dot: a segment may not become `..` in anybody's reading.
const segment = /^(?!\.)(?:[A-Za-z0-9._~!$'()*+,;=:@&-]|%(?!2E|[01]|7F)[0-9A-F]{2})+$/
const query = /^(?:[A-Za-z0-9._~!$'()*+,;=:@&/?-]|%(?![01]|7F)[0-9A-Fa-f]{2})*$/
const ownDoors = /^\/(?:auth|api|v1|log|local-oidc|assets|sign-in)(?:\/|$)/i

/** Read as a router reads it: `/%61pi` is `/api`. What cannot be decoded is no page either. */
const isOwnDoor = (path: string): boolean => {
  try {
    return ownDoors.test(decodeURIComponent(path))
  } catch {
    return true
  }
}

/**
 * Whether a text is a page of ours that a person may be sent to after signing in. A plain path and query in one spelling
 * only: nothing that a browser could read as another host (`//`, backslashes, controls), and no door that is not a page.
 */
export const isReturnTo = (text: string): boolean => {
  if (text.length > 2000 || !text.startsWith('/')) return false
  const at = text.indexOf('?')
  const path = at < 0 ? text : text.slice(0, at)
  if (at >= 0 && !query.test(text.slice(at + 1))) return false
  if (isOwnDoor(path)) return false
  return (
    path === '/' ||
    path
      .slice(1)
      .split('/')
      .every((part) => segment.test(part))
  )
}
