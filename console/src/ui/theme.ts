import { useSyncExternalStore } from 'react'

export type Theme = 'light' | 'dark' | 'system'
const place = 'countersign-theme'

export const readTheme = (): Theme => {
  const kept = localStorage.getItem(place)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

export const applyTheme = (theme: Theme) => {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

const listeners = new Set<() => void>()
export const setTheme = (theme: Theme) => {
  if (theme === 'system') localStorage.removeItem(place)
  else localStorage.setItem(place, theme)
  applyTheme(theme)
  for (const each of listeners) each()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
export const useTheme = (): Theme => useSyncExternalStore(subscribe, readTheme)

const dark = typeof matchMedia === 'undefined' ? undefined : matchMedia('(prefers-color-scheme: dark)')
const subscribeScheme = (listener: () => void) => {
  const stop = subscribe(listener)
  dark?.addEventListener('change', listener)
  return () => {
    stop()
    dark?.removeEventListener('change', listener)
  }
}
const readScheme = (): 'light' | 'dark' => {
  const theme = readTheme()
  return theme === 'system' ? (dark?.matches ? 'dark' : 'light') : theme
}

/** What is shown now, for what draws with colours of its own. */
export const useScheme = (): 'light' | 'dark' => useSyncExternalStore(subscribeScheme, readScheme)
