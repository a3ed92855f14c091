import { LogError, type LogErrorCode } from './errors.ts'

/** Whether two byte strings are the same. Not for secrets: the time it takes depends on the bytes. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false
  return true
}

/** Standard base64 with padding (RFC 4648 §4). */
export const formatBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

/** Strict standard base64: what other spellings of the same bytes there are is refused. */
export const parseBase64 = (text: string, code: LogErrorCode): Uint8Array<ArrayBuffer> => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new LogError(code, 'It is not base64.')
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  if (formatBase64(bytes) !== text) throw new LogError(code, 'It is not canonical base64.')
  return bytes
}
