import type { ActionName } from '@countersign/contract/actions.ts'
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'

/** The user whose pane, or the tenant whose page, is at hand: the palette offers what can be done to them. */
export type AtHand = { kind: 'user' | 'tenant'; id: string; label: string }

let atHand: AtHand | null = null
let open: ((action: ActionName) => void) | null = null
const listeners = new Set<() => void>()
const set = (target: AtHand | null, opens: typeof open) => {
  atHand = target
  open = opens
  for (const each of listeners) each()
}
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Says who is at hand, and how the gate list of an action on them opens. */
export const usePageTarget = ({ kind, id, label }: AtHand, onAct: (action: ActionName) => void) => {
  const act = useEffectEvent(onAct)
  useEffect(() => {
    set({ kind, id, label }, (action) => act(action))
    return () => set(null, null)
  }, [kind, id, label])
}
export const useAtHand = (): AtHand | null => useSyncExternalStore(subscribe, () => atHand)
export const openAct = (action: ActionName) => open?.(action)
