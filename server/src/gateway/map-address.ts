import { isTarget } from '@countersign/contract/target.ts'
import type { Product, ProductAddress } from './product.ts'
import { resolveReference } from './resolve.ts'

/** Where the caller reaches an upstream, as `https://gateway.example`; undefined where it does not reach this path of it. */
export type PublicBase = (upstream: string, path: string) => string | undefined

/** What an address in the product's answer means to the caller; undefined where it leads to another place. */
export type MapAddress = (reference: string) => string | undefined

const hostForm = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/

/** Host and port as URL.host writes them, for both schemes; never one with a user in front. */
const hostsOf = (authority: string): string[] =>
  hostForm.test(authority) ? ['http', 'https'].flatMap((scheme) => URL.parse(`${scheme}://${authority}`)?.host ?? []) : []

type Found = { name: string; path: string }

/** Which upstream a path of a host belongs to, and the path there: of two, the one that says more. */
const findAddress = (product: Product, authority: string, path: string): Found | undefined => {
  const hosts = hostsOf(authority)
  let found: (Found & { length: number }) | undefined
  for (const { name, spoken } of product.values()) {
    for (const { host, base } of spoken) {
      if (!hosts.includes(host) || !path.startsWith(`${base}/`) || (found && found.length >= base.length)) continue
      found = { name, path: path.slice(base.length), length: base.length }
    }
  }
  return found
}

/** Which address was asked for what, and how the caller reaches them all. */
type Seen = { product: Product; address: ProductAddress; target: string; publicBase: PublicBase }

/**
 * Maps the product's own addresses to where the caller reached it. What comes out begins with one of our own addresses and goes on with
 * a target as requests must be written: whatever the product sends, nothing else can be made of it.
 */
export const mapAddress = ({ product, address, target, publicBase }: Seen, reference: string): string | undefined => {
  const resolved = resolveReference(reference, { authority: new URL(address.origin).host, target: address.base + target })
  const found = resolved && findAddress(product, resolved.authority, resolved.path)
  if (!found) return undefined
  const { query, fragment } = resolved
  const mapped = query === undefined ? found.path : `${found.path}?${query}`
  const base = isTarget(mapped) ? publicBase(found.name, found.path) : undefined
  return base === undefined ? undefined : base + mapped + (fragment === undefined ? '' : `#${fragment}`)
}

/** Where a reference leads, for the record: the origin alone, as the rest may hold secrets. */
export const originOf = (reference: string): string | undefined => {
  const { protocol, host } = URL.parse(reference) ?? {}
  return host ? `${protocol}//${host}` : undefined
}
