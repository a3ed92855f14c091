import { setTimeout as pause } from 'node:timers/promises'

/** Waits until `look` returns something, and returns that. Fails after a limit. */
export const until = async <T>(look: () => Promise<T | undefined | false> | T | undefined | false, seconds = 20): Promise<T> => {
  const end = performance.now() + seconds * 1_000
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (performance.now() > end) throw new Error(`not seen within ${seconds} s: ${look}`)
    await pause(20)
  }
}
