import { useRouter } from '@tanstack/react-router'
import { Suspense, useEffect } from 'react'
import { loadAnswers } from '../../api/call.ts'
import { client } from '../../api/client.ts'
import { ChoiceMenu } from '../../ui/FilterMenu.tsx'
import { lazyPart } from '../../ui/lazyPart.tsx'
import { DialogNotLoaded } from '../../ui/NotLoaded.tsx'
import { closeOverlay, useOverlay } from '../../ui/overlay.ts'
import { PopoverBox } from '../../ui/Popover.tsx'
import { AccountMenu } from './Account.tsx'

const Keys = lazyPart(async () => (await import('./Keys.tsx')).Keys, DialogNotLoaded)
const CreateDialog = lazyPart(async () => (await import('../sessions/CreateDialog.tsx')).CreateDialog, DialogNotLoaded)
const Palette = lazyPart(async () => (await import('./Palette.tsx')).Palette, DialogNotLoaded)
const RevokeDialog = lazyPart(async () => (await import('../sessions/RevokeDialog.tsx')).RevokeDialog, DialogNotLoaded)
const ForceLogoutDialog = lazyPart(async () => (await import('../tenants/ForceLogoutDialog.tsx')).ForceLogoutDialog, DialogNotLoaded)
const ExtendDialog = lazyPart(async () => (await import('../sessions/ExtendDialog.tsx')).ExtendDialog, DialogNotLoaded)
const SignOutDialog = lazyPart(async () => (await import('./SignOutDialog.tsx')).SignOutDialog, DialogNotLoaded)

/** So many times in a row nothing is on its way. */
const quietFor = 4

export function Overlays() {
  const overlay = useOverlay()
  const router = useRouter()
  // Fetched while the page is being read, so that the first key typed into it is not lost; not before there is something to read.
  useEffect(() => {
    let quiet = 0
    const timer = setInterval(() => {
      quiet = client.isFetching() > 0 || router.state.status === 'pending' ? 0 : quiet + 1
      if (quiet < quietFor) return
      clearInterval(timer)
      for (const part of [CreateDialog, Palette, Keys, AccountMenu, ChoiceMenu, PopoverBox]) void part.preload()
      void loadAnswers().catch(() => {})
    }, 200)
    return () => clearInterval(timer)
  }, [router])
  if (!overlay) return null
  return (
    <Suspense>
      {overlay.kind === 'keys' ? <Keys onClose={closeOverlay} /> : null}
      {overlay.kind === 'palette' ? <Palette onClose={closeOverlay} /> : null}
      {overlay.kind === 'create' ? <CreateDialog {...overlay} onClose={closeOverlay} /> : null}
      {overlay.kind === 'revoke' ? <RevokeDialog session={overlay.session} onClose={closeOverlay} /> : null}
      {overlay.kind === 'extend' ? <ExtendDialog session={overlay.session} onClose={closeOverlay} /> : null}
      {overlay.kind === 'sign_out' ? <SignOutDialog onClose={closeOverlay} /> : null}
      {overlay.kind === 'force_logout' ? <ForceLogoutDialog tenant={overlay.tenant} onClose={closeOverlay} /> : null}
    </Suspense>
  )
}
