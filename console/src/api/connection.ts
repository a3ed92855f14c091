import { useSyncExternalStore } from 'react'

let lostSince: number | null = null
const listeners = new Set<() => void>()
const tell = () => {
  for (const each of listeners) each()
}

export const noteAnswer = () => {
  if (lostSince === null) return
  lostSince = null
  tell()
}

export const noteSilence = () => {
  if (lostSince !== null) return
  lostSince = Date.now()
  tell()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Since when the server has not answered; null while it does. */
export const useLostSince = (): number | null => useSyncExternalStore(subscribe, () => lostSince)
