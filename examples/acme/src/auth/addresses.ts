/**
 * A passkey belongs to a name, and an address such as 127.0.0.1 has none. Every name below localhost leads back to this machine, and
 * a name of its own keeps the product's cookies apart from those of whatever else runs here.
 */
export const passkeyHost = 'acme.localhost'

export function passkeyAddress(url: string): string {
  const named = new URL(url)
  named.hostname = passkeyHost
  return named.origin
}

/** Where people may have opened the product's pages. */
export const addressesOf = (url: string) => [url, passkeyAddress(url)]
