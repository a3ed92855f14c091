/** Which statuses are errors of the product: from one on, or those of a list. */
export type ErrorRule = number | readonly number[]

export const isError = (rule: ErrorRule, status: number | null): boolean =>
  status !== null && (typeof rule === 'number' ? status >= rule : rule.includes(status))
