import { useSyncExternalStore } from 'react'

let answeredAt = Date.now()
let isLost = false
const listeners = new Set<() => void>()
const tell = () => {
  for (const each of listeners) each()
}

export const noteAnswer = () => {
  answeredAt = Date.now()
  if (!isLost) return
  isLost = false
  tell()
}

export const noteSilence = () => {
  if (isLost) return
  isLost = true
  tell()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** While the server does not answer: when it last did. Null while it answers. */
export const staleSince = (): number | null => (isLost ? answeredAt : null)
export const useStaleSince = (): number | null => useSyncExternalStore(subscribe, staleSince)

/** Why nothing can be done now, for whatever would need the server. */
export const useNoConnection = (): 'no connection' | undefined => (useStaleSince() === null ? undefined : 'no connection')
