import type { UserPane } from '@countersign/contract/users.ts'
import { useEffect, useEffectEvent } from 'react'
import { isTaken } from '../../ui/keys.ts'
import { openOverlay } from '../../ui/overlay.ts'

/** Where a ticket says why, a reason is offered that points to it. */
export const reasonOf = (ticket: string | null): string | undefined =>
  ticket === null ? undefined : `Look into ticket ${ticket} as the user sees the product`

/** Opens the dialog for a session on the user of the pane, with the pane's ticket (A42). */
export const openImpersonate = ({ user, tenant, opened }: UserPane) =>
  openOverlay({
    kind: 'create',
    tenant: { id: user.tenant_id, name: tenant?.name ?? user.tenant_id, status: tenant?.status },
    user: { id: user.id, email: user.email },
    ticket: opened.ticket ?? undefined,
    reason: reasonOf(opened.ticket),
  })

/** The key `i` on a pane does the same (M21). */
export const useImpersonateKey = (pane: UserPane, isAllowed: boolean) => {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== 'i' || !isAllowed || isTaken(event)) return
    event.preventDefault()
    openImpersonate(pane)
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event)
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [])
}
