// What a terminal could take for a command, and what reorders text: names come from other systems.
const unsafe = /[\p{C}\p{Zl}\p{Zp}]/gu

/** Rows as columns, for people. Nothing in a cell can move the cursor or hide a letter. */
export const formatTable = (head: string[], rows: string[][]): string => {
  const safe = [head, ...rows.map((row) => row.map((cell) => cell.replace(unsafe, '\u{fffd}')))]
  const widths = head.map((_, column) => Math.max(...safe.map((row) => (row[column] ?? '').length)))
  return safe
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** An instant for people, to the minute. */
export const formatInstant = (instant: Date | null): string =>
  instant === null ? '–' : `${instant.toISOString().slice(0, 16).replace('T', ' ')}Z`

/** How long a key is good, for people. */
export const formatEnd = (expiresAt: Date | null): string =>
  expiresAt === null ? 'until it is revoked' : `until ${formatInstant(expiresAt)}`
