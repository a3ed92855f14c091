import { useSyncExternalStore } from 'react'

/** How far the server's clock is ahead of this machine's. Countdown and "ago" follow the server's. */
let aheadMs = 0
export const setServerNow = (now: string) => {
  const ahead = Date.parse(now) - Date.now()
  // Small differences are the way of the answer, not the clocks'.
  if (Math.abs(ahead - aheadMs) > 1500) aheadMs = ahead
}
export const serverNow = (): number => Date.now() + aheadMs

const listeners = new Set<() => void>()
let second = 0
let timer: ReturnType<typeof setInterval> | undefined

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  timer ??= setInterval(() => {
    second += 1
    for (const each of listeners) each()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Renders again every `everySeconds`; one timer for the whole console. */
export const useNow = (everySeconds: number): number => {
  useSyncExternalStore(subscribe, () => Math.floor(second / everySeconds))
  return serverNow()
}
