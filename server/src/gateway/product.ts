import { defaultUpstream } from '@countersign/contract/views.ts'
import type { Config } from '../config.ts'

/** One of the product's own addresses. */
export type ProductAddress = {
  readonly name: string
  readonly origin: string
  /** Path below which everything is, without a slash at its end; mostly empty. */
  readonly base: string
  /** `aud` of the assertions made for it. */
  readonly audience: string
  /** Addresses under which it speaks of itself. */
  readonly spoken: readonly Spoken[]
}

/** Host and port as URL.host writes them, and a path below it. Whether it said http or https does not matter: we always answer with ours. */
type Spoken = { readonly host: string; readonly base: string }

export type Product = ReadonlyMap<string, ProductAddress>

type Settings = Pick<Config['gateway'], 'upstream' | 'upstreams' | 'upstream_audience' | 'upstream_audiences' | 'upstream_aliases'>

const split = (address: string): { origin: string; host: string; base: string } => {
  const { origin, host, pathname } = new URL(address)
  return { origin, host, base: pathname === '/' ? '' : pathname }
}

/** The product's addresses of the configuration, by name. */
export const productOf = ({ upstream, upstreams, upstream_audience, upstream_audiences, upstream_aliases }: Settings): Product =>
  new Map(
    Object.entries({ [defaultUpstream]: upstream, ...upstreams }).map(([name, address]) => {
      const { origin, base } = split(address)
      const spoken = [address, ...(upstream_aliases[name] ?? [])].map(split)
      return [name, { name, origin, base, audience: upstream_audiences[name] ?? upstream_audience, spoken }]
    }),
  )

export const addressOf = (product: Product, name: string): ProductAddress => {
  const address = product.get(name)
  if (!address) throw new Error(`there is no upstream ${name}`)
  return address
}
