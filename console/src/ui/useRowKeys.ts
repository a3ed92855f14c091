import { type RefObject, useEffect, useEffectEvent, useState } from 'react'
import { isTaken } from './keys.ts'

type Options = { keys: readonly string[]; table: RefObject<HTMLTableElement | null>; scrollTo: (at: number) => void }

const stepOf = (event: KeyboardEvent, isInTable: boolean): number => {
  if (event.key === 'j' || (isInTable && event.key === 'ArrowDown')) return 1
  if (event.key === 'k' || (isInTable && event.key === 'ArrowUp')) return -1
  return 0
}

type Current = { at: number; key: string | undefined }

/** Where the current row is now. Rows that arrive above it move it; where it is gone, its place stays. */
export const placeOf = ({ at, key }: Current, keys: readonly string[]): number => {
  if (key === undefined || keys[at] === key) return Math.min(at, Math.max(0, keys.length - 1))
  const found = keys.indexOf(key)
  return found >= 0 ? found : Math.min(at, Math.max(0, keys.length - 1))
}

/** j and k move through the rows from anywhere on the page, arrows while a row has the focus. One row is in the tab order. */
export const useRowKeys = ({ keys, table, scrollTo }: Options) => {
  const [chosen, setChosen] = useState<Current>({ at: 0, key: undefined })
  const current = placeOf(chosen, keys)
  const setCurrent = (at: number) => setChosen({ at, key: keys[at] })

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (isTaken(event) || event.shiftKey || keys.length === 0) return
    const focused = document.activeElement?.closest('tr[data-row]')
    const isInTable = focused !== null && focused !== undefined && table.current?.contains(focused) === true
    const step = stepOf(event, isInTable)
    if (step === 0) return
    event.preventDefault()
    const at = isInTable ? Math.min(keys.length - 1, Math.max(0, current + step)) : current
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

  return { current, setCurrent }
}
