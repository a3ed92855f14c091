import { hideSent } from '@countersign/contract/secrets.ts'

const plain = /^[\x21-\x5b\x5d-\x7e]*$/

/** What a caller sent, as printable ASCII of bounded length, for the record. */
export const escapeInput = (text: string, maximum: number): string => {
  if (text.length <= maximum && plain.test(text)) return hideSent(text)
  return hideSent(text.slice(0, maximum * 2))
    .replace(/[^\x21-\x5b\x5d-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .slice(0, maximum)
}

const pathCharactersMaximum = 8192

/** A target for the record: whole, where the gateway could accept it; else as far as it goes, and how long it was. */
export const escapePath = (target: string): string =>
  target.length <= pathCharactersMaximum
    ? escapeInput(target, pathCharactersMaximum * 4)
    : `${escapeInput(target, pathCharactersMaximum)}\\[of_${target.length}_characters]`
