import { useEffect, useState } from 'react'

const scrolledPx = 80

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
  return { isHeld, shown, waiting: arrived - shown, onHold: setHovered, showAll }
}
