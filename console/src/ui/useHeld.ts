import { useEffect, useState } from 'react'

const scrolledPx = 80

/** Whether what arrives should wait: while the pointer rests on the rows, or the page is scrolled away from its top. */
export const useHeld = () => {
  const [isHovered, setHovered] = useState(false)
  const [isScrolled, setScrolled] = useState(false)

  useEffect(() => {
    const main = document.getElementById('main')
    if (!main) return
    const onScroll = () => setScrolled(main.scrollTop > scrolledPx)
    onScroll()
    main.addEventListener('scroll', onScroll, { passive: true })
    return () => main.removeEventListener('scroll', onScroll)
  }, [])

  return { isHeld: isHovered || isScrolled, isScrolled, onHold: setHovered }
}

export const scrollToTop = () => document.getElementById('main')?.scrollTo({ top: 0 })
