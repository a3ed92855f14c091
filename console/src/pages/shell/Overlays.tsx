import { lazy, Suspense } from 'react'
import { closeOverlay, useOverlay } from '../../ui/overlay.ts'
import { Keys } from './Keys.tsx'

const Palette = lazy(() => import('./Palette.tsx').then((part) => ({ default: part.Palette })))
const CreateDialog = lazy(() => import('../sessions/CreateDialog.tsx').then((part) => ({ default: part.CreateDialog })))
const RevokeDialog = lazy(() => import('../sessions/RevokeDialog.tsx').then((part) => ({ default: part.RevokeDialog })))

export function Overlays() {
  const overlay = useOverlay()
  if (!overlay) return null
  if (overlay.kind === 'keys') return <Keys onClose={closeOverlay} />
  return (
    <Suspense>
      {overlay.kind === 'palette' ? <Palette onClose={closeOverlay} /> : null}
      {overlay.kind === 'create' ? (
        <CreateDialog tenant={overlay.tenant} user={overlay.user} ticket={overlay.ticket} onClose={closeOverlay} />
      ) : null}
      {overlay.kind === 'revoke' ? <RevokeDialog session={overlay.session} onClose={closeOverlay} /> : null}
    </Suspense>
  )
}
