const isApple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)
export const commandKey = isApple ? '⌘K' : 'Ctrl K'
/** Does what a form is for, from anywhere in it. */
export const submitKey = isApple ? '⌘↵' : 'Ctrl ↵'
export const isSubmit = (event: { key: string; metaKey: boolean; ctrlKey: boolean }): boolean =>
  event.key === 'Enter' && (event.metaKey || event.ctrlKey)

/** Whether a key pressed now belongs to something else: a field, a menu, an open dialog. */
export const isTaken = (event: KeyboardEvent): boolean => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return true
  if (document.querySelector('dialog[open], [role=menu], [data-popover]')) return true
  const target = event.target
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
}
