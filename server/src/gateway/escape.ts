/** Percent-encoding taken away once, byte by byte: not every value of a query is UTF-8. */
export const decodeBytes = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))

/** A text, each character of it as itself or percent-encoded. */
const eitherWay = (text: string): string => [...text].map((char) => `(?:${char}|%${char.charCodeAt(0).toString(16)})`).join('')

/** Tokens and keys of ours never reach the log, wherever a caller put them and however it wrote them. */
const secrets = new RegExp(
  `(?:${eitherWay('css_')}|${eitherWay('cs_')}(?:[a-z]|%[67][0-9a-f]){2,8}?${eitherWay('_')})(?:[a-z0-9_-]|%[0-9a-f]{2}){8,}`,
  'gi',
)

/** What kind of secret it was. */
const hide = (secret: string): string => `${/^(?:css_|cs_[a-z]{2,8}_)/i.exec(decodeBytes(secret))?.[0] ?? ''}[hidden]`

const plain = /^[\x21-\x5b\x5d-\x7e]*$/

/** What a caller sent, as printable ASCII of bounded length, for the record. */
export const escapeInput = (text: string, maximum: number): string => {
  if (text.length <= maximum && plain.test(text) && !/cs|%/i.test(text)) return text
  return text
    .slice(0, maximum * 2)
    .replace(secrets, hide)
    .replace(/[^\x21-\x5b\x5d-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .slice(0, maximum)
}

export const escapePath = (target: string): string => escapeInput(target, 2048)
