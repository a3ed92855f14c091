import { lazy, Suspense, useEffect } from 'react'
import { closeOverlay, useOverlay } from '../../ui/overlay.ts'
import { Keys } from './Keys.tsx'

const loadCreate = () => import('../sessions/CreateDialog.tsx').then((part) => ({ default: part.CreateDialog }))
const loadPalette = () => import('./Palette.tsx').then((part) => ({ default: part.Palette }))
const CreateDialog = lazy(loadCreate)
const Palette = lazy(loadPalette)
const RevokeDialog = lazy(() => import('../sessions/RevokeDialog.tsx').then((part) => ({ default: part.RevokeDialog })))
const ForceLogoutDialog = lazy(() => import('../tenants/ForceLogoutDialog.tsx').then((part) => ({ default: part.ForceLogoutDialog })))

export function Overlays() {
  const overlay = useOverlay()
  // Fetched while the page is being read, so that the first key typed into it is not lost.
  useEffect(() => {
    const timer = setTimeout(() => void Promise.all([loadCreate(), loadPalette()]).catch(() => {}), 800)
    return () => clearTimeout(timer)
  }, [])
  if (!overlay) return null
  if (overlay.kind === 'keys') return <Keys onClose={closeOverlay} />
  return (
    <Suspense>
      {overlay.kind === 'palette' ? <Palette onClose={closeOverlay} /> : null}
      {overlay.kind === 'create' ? <CreateDialog {...overlay} onClose={closeOverlay} /> : null}
      {overlay.kind === 'revoke' ? <RevokeDialog session={overlay.session} onClose={closeOverlay} /> : null}
      {overlay.kind === 'force_logout' ? <ForceLogoutDialog tenant={overlay.tenant} onClose={closeOverlay} /> : null}
    </Suspense>
  )
}
