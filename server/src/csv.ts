/** What a cell may hold. A number is a number; everything else is text, whatever it looks like. */
export type Cell = string | number | boolean | null | undefined

/** What makes a spreadsheet take a text for a formula, where a cell begins; also in their full-width forms. */
const sign = '[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]'
/** What spreadsheets skip before it. */
const skipped = '[\\s"\'\\u0000-\\u0020\\u00a0\\ufeff\\u200b-\\u200f\\u2028\\u2029]*'
/** Some spreadsheets skip these and others begin with them: a text that begins so is text. */
const atStart = new RegExp(`^(?:[\\t\\r\\n\\u0000]|${skipped}${sign})`, 'u')
/** Where a program was told another separator, or reads lines and not quotes, a cell begins here too. */
const further = new RegExp(`([;\\t|\\r\\n]${skipped})(${sign})?`, 'gu')

const markFormula = (_: string, before: string, begins?: string): string => (begins === undefined ? before : `${before}'${begins}`)

/** An apostrophe before whatever a spreadsheet would calculate: it shows the text and runs nothing (OWASP, CSV injection). */
const inert = (text: string): string => `${atStart.test(text) ? "'" : ''}${text.replace(further, markFormula)}`

/** U+0000 has no place in a text file: some programs end the cell there. Its picture shows that it was there. */
const printable = (text: string): string => text.toWellFormed().replaceAll('\0', '\u2400')

const formatCell = (cell: Cell): string => {
  if (cell === null || cell === undefined) return ''
  if (typeof cell !== 'string') return String(cell)
  return `"${printable(inert(cell)).replaceAll('"', '""')}"`
}

/** One record of RFC 4180, with its end of line. Text is always quoted, and never a formula. */
export const formatCsvRow = (cells: readonly Cell[]): string => `${cells.map(formatCell).join(',')}\r\n`
