/**
 * All values of a header, as they arrived. Node's own `headers` keeps the first of two, or joins them: where two parsers
 * could read a request differently, we must see both.
 */
export const headerValues = (rawHeaders: readonly string[], name: string): string[] => {
  const values: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if ((rawHeaders[index] as string).toLowerCase() === name) values.push(rawHeaders[index + 1] as string)
  }
  return values
}
