import { SignedRequest } from '@countersign/contract/action-requests.ts'

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}

/**
 * What an approval signs, read from the very bytes. Null where they are not what this console shows field by field: every member must
 * be known, so that nothing is signed that was not seen.
 */
export const parseSigned = (signed: string): SignedRequest | null => {
  try {
    const request = SignedRequest.parse(JSON.parse(signed))
    return JSON.stringify(sorted(request)) === signed ? request : null
  } catch {
    return null
  }
}

/** SHA-256 of the bytes, as a WebAuthn challenge is written. */
export const digestOf = async (signed: string): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(signed)))
  return btoa(String.fromCharCode(...digest))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
