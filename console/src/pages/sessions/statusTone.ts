/** How a status that the product answered is shown: that it answered is no success of what was asked. */
export const statusTone = (status: number): string => (status >= 500 ? 'text-bad' : status >= 400 ? 'text-warn' : 'text-ink')
