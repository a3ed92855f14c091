/**
 * Asks for what rarely changes: an answer serves for `freshMs`, a failure for `failedMs`, and whoever asks meanwhile waits for
 * the same answer.
 */
export const remember = <T>(
  ask: () => Promise<T>,
  { freshMs, failedMs, now = () => performance.now() }: { freshMs: number; failedMs: number; now?: () => number },
): (() => Promise<T>) => {
  let known: { answer: Promise<T>; until: number } | undefined
  return () => {
    if (known === undefined || now() > known.until) {
      const asked = { answer: ask(), until: now() + freshMs }
      asked.answer.catch(() => {
        asked.until = now() + failedMs
      })
      known = asked
    }
    return known.answer
  }
}
