import { useSyncExternalStore } from 'react'

export type Width = 'phone' | 'md' | 'lg' | 'xl'
const steps: readonly [Width, MediaQueryList][] =
  typeof matchMedia === 'undefined'
    ? []
    : [
        ['xl', matchMedia('(min-width: 1320px)')],
        ['lg', matchMedia('(min-width: 1080px)')],
        ['md', matchMedia('(min-width: 800px)')],
      ]
const order: readonly Width[] = ['phone', 'md', 'lg', 'xl']

const subscribe = (listener: () => void) => {
  for (const [, query] of steps) query.addEventListener('change', listener)
  return () => {
    for (const [, query] of steps) query.removeEventListener('change', listener)
  }
}
const read = (): Width => steps.find(([, query]) => query.matches)?.[0] ?? 'phone'

export const useWidth = (): Width => useSyncExternalStore(subscribe, read)
export const isAtLeast = (width: Width, from: Width): boolean => order.indexOf(width) >= order.indexOf(from)
