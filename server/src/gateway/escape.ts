/** Tokens and keys of ours never reach the log, wherever a caller put them. */
const secrets = /(css_|cs_[a-z]{2,8}_)[A-Za-z0-9_-]{8,}/g

const plain = /^[\x21-\x5b\x5d-\x7e]*$/

/** What a caller sent, as printable ASCII of bounded length, for the record. */
export const escapeInput = (text: string, maximum: number): string => {
  if (text.length <= maximum && plain.test(text) && !text.includes('cs')) return text
  return text
    .slice(0, maximum * 2)
    .replace(secrets, '$1[hidden]')
    .replace(/[^\x21-\x5b\x5d-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .slice(0, maximum)
}

export const escapePath = (target: string): string => escapeInput(target, 2048)
