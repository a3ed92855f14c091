/** Names by which some frameworks take another method from a query or a form. */
const overrides = new Set(['_method', 'x-http-method-override'])

/** A name as the most lenient reader takes it: lower case, what stands before `[…]`, and anything odd in front as `_`. */
export const rootOfName = (name: string): string => {
  const [root = ''] = name
    .toLowerCase()
    .replace(/^[^a-z0-9]+/, '_')
    .split(/[[\]]/, 1)
  return /^.*[a-z0-9]/s.exec(root)?.[0] ?? ''
}

export const isOverride = (name: string): boolean => overrides.has(rootOfName(name))
