const [quote, backslash, comma, colon, minus, point, zero, nine] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x2e, 0x30, 0x39]
const [letterI, letterD] = [0x69, 0x64]
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d]

/** Deeper values are left to the slow way: this one calls itself. */
const maxDepth = 32
/** Up to here different digits are different doubles, so that none is a longer spelling of another. */
const maxDigits = 15
/** Smaller numbers are written with an exponent. */
const maxFraction = 6

const literals = ['true', 'false', 'null'].map((word) => Array.from(word, (letter) => letter.charCodeAt(0)))
const shortEscapes = new Set(Array.from('"\\bfnrt', (letter) => letter.charCodeAt(0)))
/** Controls that have no short escape are written `\u00xx`; all others have one form. */
const longEscape = /^00(?:0[0-7b]|0[ef]|1[0-9a-f])$/

/** Of an entry that was looked through: the bytes of its `id` as they stand between the quotes, where it has one that is a text. */
export type Looked = { id: Uint8Array | undefined }

/**
 * Looks through bytes that are, plainly, JSON in the form of RFC 8785: an answer is certain, none only says that the slow way has to
 * judge. Almost every entry passes here, at the price of one look at each byte: strings, short numbers and sorted ASCII names.
 */
export const lookPlainly = (bytes: Uint8Array): Looked | undefined => {
  let at = 0
  let isAscii = true
  let id: Uint8Array | undefined

  const scanString = (): boolean => {
    // A variable of its own: most bytes of an entry are read in this loop.
    for (let place = at + 1; ; place += 1) {
      const byte = bytes[place]
      if (byte === quote) {
        at = place + 1
        return true
      }
      if (byte === undefined || byte < 0x20) return false
      if (byte >= 0x80) isAscii = false
      if (byte !== backslash) continue
      const escaped = bytes[place + 1] as number
      if (shortEscapes.has(escaped)) place += 1
      else if (escaped === 0x75 && longEscape.test(String.fromCharCode(...bytes.subarray(place + 2, place + 6)))) place += 5
      else return false
    }
  }

  const scanDigits = (): number => {
    const first = at
    for (let byte = bytes[at]; byte !== undefined && byte >= zero && byte <= nine; byte = bytes[at]) at += 1
    return at - first
  }

  const scanNumber = (): boolean => {
    const isNegative = bytes[at] === minus
    if (isNegative) at += 1
    const first = bytes[at]
    const whole = scanDigits()
    if (whole === 0 || whole > maxDigits || (whole > 1 && first === zero)) return false
    // Exponents fail on what follows: only a comma or a closing bracket may.
    if (bytes[at] !== point) return !(isNegative && whole === 1 && first === zero)
    at += 1
    const fraction = scanDigits()
    return fraction > 0 && fraction <= maxFraction && whole + fraction <= maxDigits && bytes[at - 1] !== zero
  }

  const scanLiteral = (): boolean => {
    const word = literals.find((letters) => letters.every((letter, place) => bytes[at + place] === letter))
    at += word?.length ?? 0
    return word !== undefined
  }

  /** Whether the name between two places comes after another one; both without escapes and in ASCII, so in byte order. */
  const isAfter = (from: number, to: number, lastFrom: number, lastTo: number): boolean => {
    for (let place = 0; ; place += 1) {
      if (from + place >= to) return false
      if (lastFrom + place >= lastTo) return true
      const difference = (bytes[from + place] as number) - (bytes[lastFrom + place] as number)
      if (difference !== 0) return difference > 0
    }
  }

  const scanObject = (depth: number): boolean => {
    at += 1
    if (bytes[at] === closeBrace) {
      at += 1
      return true
    }
    for (let lastFrom = 0, lastTo = -1; ; ) {
      if (bytes[at] !== quote) return false
      const from = at + 1
      for (at += 1; bytes[at] !== quote; at += 1) {
        const byte = bytes[at]
        if (byte === undefined || byte < 0x20 || byte >= 0x80 || byte === backslash) return false
      }
      if (lastTo >= 0 && !isAfter(from, at, lastFrom, lastTo)) return false
      lastFrom = from
      lastTo = at
      at += 1
      if (bytes[at] !== colon) return false
      at += 1
      const start = at
      if (!scanValue(depth + 1)) return false
      if (depth === 0 && lastTo - from === 2 && bytes[from] === letterI && bytes[from + 1] === letterD && bytes[start] === quote)
        id = bytes.subarray(start + 1, at - 1)
      const next = bytes[at]
      at += 1
      if (next === closeBrace) return true
      if (next !== comma) return false
    }
  }

  const scanArray = (depth: number): boolean => {
    at += 1
    if (bytes[at] === closeBracket) {
      at += 1
      return true
    }
    for (;;) {
      if (!scanValue(depth + 1)) return false
      const next = bytes[at]
      at += 1
      if (next === closeBracket) return true
      if (next !== comma) return false
    }
  }

  const scanValue = (depth: number): boolean => {
    if (depth > maxDepth) return false
    const byte = bytes[at]
    if (byte === quote) return scanString()
    if (byte === openBrace) return scanObject(depth)
    if (byte === openBracket) return scanArray(depth)
    if (byte === minus || (byte !== undefined && byte >= zero && byte <= nine)) return scanNumber()
    return scanLiteral()
  }

  return scanValue(0) && at === bytes.length && (isAscii || isUtf8(bytes)) ? { id } : undefined
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    strict.decode(bytes)
    return true
  } catch {
    return false
  }
}
