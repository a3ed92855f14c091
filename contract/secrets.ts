const digitOf = (char: string | undefined): number => '0123456789abcdef'.indexOf(char?.toLowerCase() || '-')

/**
 * Percent-encoding taken away until there is none, byte by byte: not every value of a query is UTF-8. What has been read is free of it,
 * so a character can end one escape, which may then be the end of another: however deep it lies, each character is looked at once.
 */
export const decodeWhole = (text: string): string => {
  if (!text.includes('%')) return text
  const read: string[] = []
  for (const char of text) {
    read.push(char)
    for (;;) {
      const [high, low] = [digitOf(read.at(-2)), digitOf(read.at(-1))]
      if (read.at(-3) !== '%' || high < 0 || low < 0) break
      read.splice(-3, 3, String.fromCharCode(high * 16 + low))
    }
  }
  return read.join('')
}

/** A character as itself or percent-encoded, once or however often. */
const anyWay = (plain: string, codes: string): string => `(?:${plain}|%(?:25)*${codes})`
const spell = (text: string): string => [...text].map((char) => anyWay(char, char.charCodeAt(0).toString(16))).join('')

/** Tokens of sessions, keys of tenants and ingest keys, with so many characters of the secret at the least. */
const newSecrets = (length: number): RegExp =>
  new RegExp(
    `(?:${spell('css_')}|${anyWay('c', '63')}${anyWay('[si]', '(?:73|69)')}${anyWay('_', '5f')}${anyWay('[a-z]', '[67][0-9a-f]')}{2,8}?${spell('_')})${anyWay('[a-z0-9_-]', '[0-9a-f]{2}')}{${length},}`,
    'gi',
  )

const sent = newSecrets(8)
/** People write `css_` about other things too. */
const typed = newSecrets(16)

/** What kind of secret it was. */
const hide = (secret: string): string => `${/^(?:css_|c[si]_[a-z]{2,8}_)/i.exec(decodeWhole(secret))?.[0] ?? ''}[hidden]`

/** Secrets of ours never reach the log, wherever a program put them and however it wrote them. */
export const hideSent = (text: string): string => (/c[si]|%/i.test(text) ? text.replace(sent, hide) : text)

/** The same for what a person wrote. */
export const hideTyped = (text: string): string => (/c[si]|%/i.test(text) ? text.replace(typed, hide) : text)
