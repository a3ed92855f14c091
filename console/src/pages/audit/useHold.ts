import { useEffect, useState } from 'react'

const scrolledPx = 80
/** More arrivals than this are read from the server again, so that a page that stays open for days does not grow without end. */
const most = { flowing: 5_000, held: 50_000 }

/**
 * Whether what arrives should wait: while the pointer rests on the rows, or the page is scrolled away from its top.
 * Answers how many of the arrived may be shown.
 */
export const useHold = (arrived: number) => {
  const [isHovered, setHovered] = useState(false)
  const [isScrolled, setScrolled] = useState(false)
  const [shownAtHold, setShownAtHold] = useState<number | null>(null)

  useEffect(() => {
    const main = document.getElementById('main')
    if (!main) return
    const onScroll = () => setScrolled(main.scrollTop > scrolledPx)
    onScroll()
    main.addEventListener('scroll', onScroll, { passive: true })
    return () => main.removeEventListener('scroll', onScroll)
  }, [])

  const isHeld = isHovered || isScrolled
  if (isHeld && shownAtHold === null) setShownAtHold(arrived)
  if (!isHeld && shownAtHold !== null) setShownAtHold(null)

  const shown = shownAtHold === null ? arrived : Math.min(shownAtHold, arrived)
  const showAll = () => {
    setShownAtHold(arrived)
    document.getElementById('main')?.scrollTo({ top: 0 })
  }
  const isFull = arrived > (isHeld ? most.held : most.flowing)
  return { isHeld, isScrolled, isFull, shown, waiting: arrived - shown, onHold: setHovered, showAll }
}
