import { useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useRef } from 'react'
import { useMe } from '../../api/me.ts'
import { isTaken } from '../../ui/keys.ts'
import { closeOverlay, openOverlay, useOverlay } from '../../ui/overlay.ts'
import { pagesFor } from './pages.ts'

const chordMs = 1200

/** Keys that work on every page. Those of a table are with the table. */
export const useKeys = () => {
  const me = useMe()
  const navigate = useNavigate()
  const overlay = useOverlay()
  const goUntil = useRef(0)

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      if (overlay?.kind === 'palette') closeOverlay()
      else if (!overlay) openOverlay({ kind: 'palette' })
      return
    }
    if (isTaken(event)) return
    if (event.key === '?') return openOverlay({ kind: 'keys' })
    if (event.key === '/') {
      const search = document.querySelector<HTMLInputElement>('[data-page-search]')
      if (search) event.preventDefault()
      return search?.focus()
    }
    if (event.key === 'g') {
      goUntil.current = event.timeStamp + chordMs
      return
    }
    const page = event.timeStamp < goUntil.current ? pagesFor(me).find((each) => each.key === event.key) : undefined
    goUntil.current = 0
    if (page) void navigate(page.link)
  })

  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event)
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [])
}
