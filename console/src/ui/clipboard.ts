/** What a person presses to copy what is selected. */
export const copyKey = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘C' : 'Ctrl C'

/** Whether the browser took the text. It has no clipboard on a page that came over plain HTTP, and may refuse where it has one. */
export const writeClipboard = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
