/**
 * The Host headers by which a public address is meant, in lower case: the port of its scheme may stand there (RFC 9110 section 4.2.3). A
 * name with a dot at its end is another origin to browsers, with other cookies, so it is not among them.
 */
export const authoritiesOf = (publicUrl: string): Set<string> => {
  const { host, protocol, port } = new URL(publicUrl)
  const own = host.toLowerCase()
  return new Set(port === '' ? [own, `${own}:${protocol === 'https:' ? 443 : 80}`] : [own])
}
