import { useSyncExternalStore } from 'react'

/** In which zone times are shown; the other one is on hover. */
export type Zone = 'here' | 'utc'
const place = 'countersign-times'

const kept = (): Zone => (typeof localStorage !== 'undefined' && localStorage.getItem(place) === 'utc' ? 'utc' : 'here')
let zone = kept()
const listeners = new Set<() => void>()

export const readZone = (): Zone => zone

export const setZone = (next: Zone) => {
  if (next === 'utc') localStorage.setItem(place, next)
  else localStorage.removeItem(place)
  zone = next
  for (const each of listeners) each()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
/** For whatever shows a time: it is drawn again when the setting changes. */
export const useZone = (): Zone => useSyncExternalStore(subscribe, readZone)
