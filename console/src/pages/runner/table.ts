/** Rows of objects, wherever an answer has them: the answer itself, or the first member that is such a list. */
export const tableIn = (value: unknown): { columns: string[]; rows: Record<string, unknown>[] } | undefined => {
  const found = isRows(value) ? value : isObject(value) ? Object.values(value).find(isRows) : undefined
  if (!found) return undefined
  const columns = [...new Set(found.flatMap((row) => Object.keys(row)))]
  return { columns: columns.slice(0, mostColumns), rows: found }
}

export const mostColumns = 16

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isRows = (value: unknown): value is Record<string, unknown>[] => Array.isArray(value) && value.length > 0 && value.every(isObject)

/** A cell in one line. */
export const cellOf = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
