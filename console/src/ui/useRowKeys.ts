import { type RefObject, useEffect, useEffectEvent, useState } from 'react'
import { isTaken } from './keys.ts'

type Options = { count: number; table: RefObject<HTMLTableElement | null>; scrollTo: (at: number) => void }

const stepOf = (event: KeyboardEvent, isInTable: boolean): number => {
  if (event.key === 'j' || (isInTable && event.key === 'ArrowDown')) return 1
  if (event.key === 'k' || (isInTable && event.key === 'ArrowUp')) return -1
  return 0
}

/** j and k move through the rows from anywhere on the page, arrows while a row has the focus. One row is in the tab order. */
export const useRowKeys = ({ count, table, scrollTo }: Options) => {
  const [current, setCurrent] = useState(0)

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (isTaken(event) || event.shiftKey || count === 0) return
    const focused = document.activeElement?.closest('tr[data-row]')
    const isInTable = focused !== null && focused !== undefined && table.current?.contains(focused) === true
    const step = stepOf(event, isInTable)
    if (step === 0) return
    event.preventDefault()
    const at = isInTable ? Math.min(count - 1, Math.max(0, current + step)) : Math.min(current, count - 1)
    setCurrent(at)
    scrollTo(at)
    requestAnimationFrame(() =>
      requestAnimationFrame(() => table.current?.querySelector<HTMLElement>(`tr[data-row="${at}"]`)?.focus({ preventScroll: true })),
    )
  })

  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event)
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [])

  return { current: Math.min(current, Math.max(0, count - 1)), setCurrent }
}
