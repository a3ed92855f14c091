import { findStray, hasUnseen } from '@countersign/contract/stray.ts'

export type Piece = { kind: 'text'; text: string } | { kind: 'mark'; label: string; name: string }

const names: Record<number, string> = {
  9: 'tab',
  10: 'line feed',
  13: 'carriage return',
  27: 'escape',
  160: 'no-break space',
  173: 'soft hyphen',
  1564: 'Arabic letter mark',
  8203: 'zero width space',
  8204: 'zero width non-joiner',
  8205: 'zero width joiner',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'pop directional formatting',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8288: 'word joiner',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'pop directional isolate',
  65279: 'byte order mark',
}

const combining = /\p{M}/u
/** More combining marks than any script stacks on one letter. */
const mostPiled = 4

const markOf = (char: string): Piece => {
  const code = char.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  return { kind: 'mark', label: hex, name: names[code] ? `U+${hex} ${names[code]}` : `U+${hex}` }
}

const pileOf = (count: number): Piece => ({ kind: 'mark', label: `+${count}`, name: `${count} more combining marks` })

/** Splits a text that others wrote into what can be seen and marks for what cannot. */
export const splitInert = (text: string): Piece[] => {
  const pieces: Piece[] = []
  let seen = ''
  let piled = 0
  let at = 0
  const stray = findStray(text)
  const flush = () => {
    if (seen) pieces.push({ kind: 'text', text: seen })
    if (piled > mostPiled) pieces.push(pileOf(piled - mostPiled))
    seen = ''
    piled = 0
  }
  for (const char of text) {
    const isStray = stray.has(at)
    at += char.length
    const isCombining = !isStray && combining.test(char)
    if (!isCombining && piled > mostPiled) flush()
    piled = isCombining ? piled + 1 : 0
    if (piled > mostPiled) continue
    if (isStray) {
      flush()
      pieces.push(markOf(char))
    } else seen += char
  }
  flush()
  return pieces
}

/** Whether there is anything to mark: most text has nothing. */
export const isPlain = (text: string): boolean => !hasUnseen(text) && !/\p{M}{5}/u.test(text)
