const deepest = 20

/**
 * JSON as only one reading has it: no member twice in an object (JSON.parse silently takes the last, others the first),
 * and no deep nesting. Answers undefined for anything else.
 */
export const parseStrictJson = (text: string): unknown => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const names: (Set<string> | undefined)[] = []
  let last = ''
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/gs)) {
    if (token === '{' || token === '[') {
      names.push(token === '{' ? new Set() : undefined)
      if (names.length > deepest) return undefined
    } else if (token === '}' || token === ']') names.pop()
    else if (token === ':') {
      const name = JSON.parse(last) as string
      if (names.at(-1)?.has(name)) return undefined
      names.at(-1)?.add(name)
    }
    last = token
  }
  return value
}
