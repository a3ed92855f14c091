import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv4 } from 'node:net'
import { buildConnector } from 'undici'
import { CallFailure } from './failure.ts'

/** What is no address of the public internet: the special-purpose registries of IANA (RFC 6890), multicast and what is reserved. */
const special4 = {
  'this network': ['0.0.0.0/8'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  shared: ['100.64.0.0/10'],
  loopback: ['127.0.0.0/8'],
  'link-local': ['169.254.0.0/16'],
  protocol: ['192.0.0.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.175.48.0/24'],
  documentation: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  '6to4': ['192.88.99.0/24'],
  benchmarking: ['198.18.0.0/15'],
  multicast: ['224.0.0.0/4'],
  reserved: ['240.0.0.0/4'],
} as const
/** Within 2000::/3. Nothing outside of it is public: loopback, mapped, NAT64, unique local, link-local, multicast. */
const special6 = {
  protocol: ['2001::/23', '2620:4f:8000::/48'],
  documentation: ['2001:db8::/32', '3fff::/20'],
  '6to4': ['2002::/16'],
} as const

const named6 = {
  loopback: ['::1/128'],
  mapped: ['::ffff:0:0/96', '::/96'],
  nat64: ['64:ff9b::/96', '64:ff9b:1::/48'],
  private: ['fc00::/7', 'fec0::/10'],
  'link-local': ['fe80::/10'],
  multicast: ['ff00::/8'],
} as const

const listOf = (ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList()
  for (const range of ranges) {
    const [network, length] = range.split('/') as [string, string]
    list.addSubnet(network, Number(length), family)
  }
  return list
}
const listsOf = (ranges: Record<string, readonly string[]>, family: 'ipv4' | 'ipv6') =>
  Object.entries(ranges).map(([name, each]) => ({ name, list: listOf(each, family) }))

const lists4 = listsOf(special4, 'ipv4')
const lists6 = listsOf({ ...special6, ...named6 }, 'ipv6')
const global6 = listOf(['2000::/3'], 'ipv6')

/** What kind of address it is: `public`, or the name of what it is instead. */
export const classOfAddress = (address: string): string => {
  if (isIP(address) === 0 || address.includes('%')) return 'no address'
  const [family, lists] = isIPv4(address) ? (['ipv4', lists4] as const) : (['ipv6', lists6] as const)
  // A list of IPv6 matches what is mapped, too, by the IPv4 address in it.
  const found = lists.find(({ list }) => list.check(address, family))
  if (found) return found.name
  return family === 'ipv6' && !global6.check(address, 'ipv6') ? 'reserved' : 'public'
}

/** What may be called besides public addresses: these very ones. */
export type Wall = { allowed: readonly string[] }

const sameAddress = (one: string, other: string): boolean => {
  const list = new BlockList()
  list.addAddress(one, isIPv4(one) ? 'ipv4' : 'ipv6')
  return isIPv4(one) === isIPv4(other) && list.check(other, isIPv4(other) ? 'ipv4' : 'ipv6')
}

const refused = (kind: string): CallFailure => new CallFailure('forbidden', kind, { sent: false })

/**
 * The address to connect to for a host: resolved once, so that what was judged is what is called. One address that may not be called
 * refuses the name as a whole: a name that leads both ways is an attempt.
 */
export const passWall = async (host: string, { allowed }: Wall): Promise<string> => {
  const name = host.replace(/^\[(.*)\]$/, '$1')
  const found = isIP(name) === 0 ? await lookup(name, { all: true, verbatim: true }) : [{ address: name }]
  for (const { address } of found) {
    const kind = classOfAddress(address)
    if (kind !== 'public' && !allowed.some((one) => sameAddress(one, address))) throw refused(kind)
  }
  const first = found[0]
  if (!first) throw new CallFailure('name', 'no address', { sent: false })
  return first.address
}

/** Opens connections for an HTTP client to addresses that may be called, with the host's own name for TLS. */
export const walledConnector = (wall: Wall, tls: { ca?: string } = {}): buildConnector.connector => {
  const connect = buildConnector({ ...tls, timeout: 10_000, allowH2: false })
  return (options, callback) => {
    passWall(options.hostname, wall).then(
      (hostname) => connect({ ...options, hostname, servername: options.servername ?? nameFor(options.hostname) }, callback),
      (error: Error) => callback(error, null),
    )
  }
}

/** Server name indication is for names; of an address the certificate is checked by the address. */
const nameFor = (host: string): string => (isIP(host.replace(/^\[(.*)\]$/, '$1')) === 0 ? host : '')
