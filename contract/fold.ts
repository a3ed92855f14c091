// What no accent makes of another letter, and what is typed on one keyboard where another one has its twin.
const twins: Record<string, string> = {
  ...{ ø: 'o', đ: 'd', ð: 'd', ħ: 'h', ł: 'l', ŧ: 't', æ: 'ae', œ: 'oe', þ: 'th', ı: 'i', ς: 'σ' },
  ...{ ی: 'ي', ى: 'ي', ک: 'ك', ە: 'ه', ۀ: 'ه', ة: 'ه' },
  ...{ '’': "'", '‘': "'", ʼ: "'", ʻ: "'", '`': "'", '´': "'", '“': '"', '”': '"', '„': '"' },
  ...{ '‐': '-', '‑': '-', '‒': '-', '–': '-', '—': '-', '−': '-' },
}
const twin = new RegExp(`[${Object.keys(twins).join('')}]`, 'gu')
/** Marks that many letters can have, Hebrew points, what is not seen, and the stroke that makes Arabic letters longer. */
const dropped = /[\p{Default_Ignorable_Code_Point}\p{Cf}[\p{M}&&[\p{sc=Zinh}\p{sc=Hebr}]]\u0640]/gv

const bare = (text: string): string => text.normalize('NFKD').replace(dropped, '')
/** İ, I, ı and i are one letter, and so are ß, ẞ and ss: up and down again is where languages differ least. */
const caseless = (text: string): string => text.toLowerCase().toUpperCase().toLowerCase()

/**
 * What names are found and sorted by, whatever way they are typed: compatibility forms, accents, case, invisible characters and
 * spaces make no difference. Vowel signs and other marks of one script do.
 */
export const foldName = (text: string): string =>
  bare(caseless(bare(text)))
    .replace(twin, (char) => twins[char] ?? char)
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 15))
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim()
