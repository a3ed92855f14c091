import type { Session } from '@countersign/contract/sessions.ts'
import type { LifecycleStatus } from '@countersign/contract/tenants.ts'
import { useSyncExternalStore } from 'react'

/** A tenant, and how its life stands where that is known. */
type Named = { id: string; name: string; status?: LifecycleStatus | undefined }
export type Overlay =
  | { kind: 'palette' }
  | { kind: 'keys' }
  | { kind: 'create'; tenant: Named; user?: { id: string; email: string }; ticket?: string | undefined; reason?: string | undefined }
  | { kind: 'revoke'; session: Session }
  | { kind: 'extend'; session: Session }
  | { kind: 'sign_out' }
  | { kind: 'force_logout'; tenant: Named & { user_count: number | null } }

let current: Overlay | null = null
const listeners = new Set<() => void>()
const set = (next: Overlay | null) => {
  current = next
  for (const each of listeners) each()
}
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What lies over the page: one thing at a time. */
export const openOverlay = (overlay: Overlay) => set(overlay)
export const closeOverlay = () => set(null)
export const useOverlay = (): Overlay | null => useSyncExternalStore(subscribe, () => current)
