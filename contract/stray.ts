/**
 * Characters that show nothing of their own, or change the order of what does: controls, formats, default-ignorables, fillers, odd
 * spaces. Not those formats that are seen, such as the sign before a number in Arabic.
 */
const unseen =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u115f\u1160\u2000-\u200a\u202f\u205f\u2800\u3164\uffa0]--[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]]/v
const unseenAll = new RegExp(unseen, 'gv')

// Canonical_Combining_Class=Virama: what makes one cluster of two consonants.
const virama =
  '[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d3b\\u0d3c\\u0d4d\\u0dca\\u0e3a\\u0eba\\u0f84\\u1039\\u103a\\u1714\\u1715\\u1734\\u17d2\\u1a60\\u1b44\\u1baa\\u1bab\\u1bf2\\u1bf3\\u2d7f\\ua806\\ua82c\\ua8c4\\ua953\\ua9c0\\uaaf6\\uabed\\u{10a3f}\\u{11046}\\u{1107f}\\u{110b9}\\u{11133}\\u{11134}\\u{111c0}\\u{11235}\\u{112ea}\\u{1134d}\\u{11442}\\u{114c2}\\u{115bf}\\u{1163f}\\u{116b6}\\u{1172b}\\u{11839}\\u{1193d}\\u{1193e}\\u{119e0}\\u{11a34}\\u{11a47}\\u{11a99}\\u{11c3f}\\u{11d44}\\u{11d45}\\u{11d97}]'
// Letters that are joined to the next one (Joining_Type D and L), and those that may be joined to the one before (D and R). The
// properties themselves are none that a regular expression knows: of the Arabic letters, these never join, and those only backwards.
const cursive =
  '\\p{L}&&[\\p{sc=Arab}\\p{sc=Syrc}\\p{sc=Mong}\\p{sc=Nkoo}\\p{sc=Mand}\\p{sc=Mani}\\p{sc=Phlp}\\p{sc=Phag}\\p{sc=Adlm}\\p{sc=Rohg}\\p{sc=Sogd}\\p{sc=Chrs}\\p{sc=Ougr}]'
const neverJoined = '\\u0621\\u0674\\u08ad'
const joinedBackwards =
  '\\u0622-\\u0625\\u0627\\u0629\\u062f-\\u0632\\u0648\\u0671-\\u0673\\u0675-\\u0677\\u0688-\\u0699\\u06c0\\u06c3-\\u06cb\\u06cd\\u06cf\\u06d2\\u06d3\\u06d5\\u06ee\\u06ef\\u0710\\u0715-\\u0719\\u071e\\u0728\\u072a\\u072c\\u072f\\u074d\\u0759-\\u075b\\u076b\\u076c\\u0771\\u0773\\u0774\\u0778\\u0779\\u08aa-\\u08ac\\u08ae\\u08b1\\u08b2\\u08b9'
const forwards = `[[${cursive}]--[${neverJoined}${joinedBackwards}]]`
const backwards = `[[${cursive}]--[${neverJoined}]]`
const marks = '\\p{M}{0,4}'
const afterCluster = `(?<=\\p{L}${marks}${virama}${marks})`

/**
 * Where such a character has something to do: UAX #31, R1a (A1, A2 and B), the Bengali ra of the core specification, emoji of UTS #51
 * that are recommended for interchange, and variants of a character that has them.
 */
const inPlace = new RegExp(
  [
    '\\p{RGI_Emoji}',
    `(?<=${forwards}${marks})\\u200c(?=${marks}${backwards})`,
    `${afterCluster}\\u200c(?=${marks}\\p{L})`,
    `${afterCluster}\\u200d(?!\\p{Mc}|\\p{M}${virama})`,
    '(?<=\\u09b0)\\u200d(?=\\u09cd\\u09af)',
    '(?<=[\\p{Emoji}--[#*0-9]])[\\ufe0e\\ufe0f]',
    '(?<=\\p{Unified_Ideograph})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
    '(?<=\\p{sc=Mong})[\\u180b-\\u180d\\u180f]',
  ].join('|'),
  'gv',
)

/** Whether a text may have anything that is not seen: most have nothing. */
export const hasUnseen = (text: string): boolean => unseen.test(text)

/** Where in a text the unseen characters are out of place, as offsets of their first code unit. */
export const findStray = (text: string): Set<number> => {
  if (!hasUnseen(text)) return new Set()
  const placed = [...text.matchAll(inPlace)].map(({ index, 0: { length } }) => [index, index + length] as const)
  const isPlaced = (at: number): boolean => placed.some(([from, to]) => at >= from && at < to)
  return new Set([...text.matchAll(unseenAll)].map(({ index }) => index).filter((at) => !isPlaced(at)))
}

const space = /[\t\n\r\u00a0\u2000-\u200a\u2028\u2029\u202f\u205f\u2800]/

/** A text without the characters that came along when it was pasted: what only takes room becomes a space, the rest goes. */
export const dropStray = (text: string): string => {
  const stray = findStray(text)
  if (stray.size === 0) return text
  let at = 0
  let kept = ''
  for (const char of text) {
    kept += stray.has(at) ? (space.test(char) ? ' ' : '') : char
    at += char.length
  }
  return kept
}
