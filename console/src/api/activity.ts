let touchedAt = Date.now()
const touch = () => {
  touchedAt = Date.now()
}

/** Watches for a person's own input, so that calls nobody caused can say so. */
export const watchActivity = () => {
  for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchmove'])
    window.addEventListener(kind, touch, { capture: true, passive: true })
}

const attentionMs = 3000

/** Whether a call made now follows from something the person just did. */
export const isPersonActive = (now = Date.now()): boolean => now - touchedAt < attentionMs
