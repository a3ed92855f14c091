import { useState } from 'react'
import { scrollToTop, useHeld } from '../../ui/useHeld.ts'

/** More arrivals than this are read from the server again, so that a page that stays open for days does not grow without end. */
const most = { flowing: 5_000, held: 50_000 }

/** How many of the arrived may be shown, while somebody reads and when nobody does. */
export const useHold = (arrived: number) => {
  const { isHeld, isScrolled, onHold } = useHeld()
  const [shownAtHold, setShownAtHold] = useState<number | null>(null)
  if (isHeld && shownAtHold === null) setShownAtHold(arrived)
  if (!isHeld && shownAtHold !== null) setShownAtHold(null)

  const shown = shownAtHold === null ? arrived : Math.min(shownAtHold, arrived)
  const showAll = () => {
    setShownAtHold(arrived)
    scrollToTop()
  }
  const isFull = arrived > (isHeld ? most.held : most.flowing)
  return { isHeld, isScrolled, isFull, shown, waiting: arrived - shown, onHold, showAll }
}
