import { useState } from 'react'
import { signOut } from '../../api/call.ts'
import { useMe } from '../../api/me.ts'
import { Button } from '../../ui/Button.tsx'
import { Countdown } from '../../ui/Countdown.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { plural } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { nearestLimit } from '../sessions/limits.ts'
import { goToSignIn } from '../sign-in/go.ts'
import { nameOf, useMyOpenSessions } from './useMyOpenSessions.ts'

/** Signing out while support sessions of mine are open: they are ended with it, unless I keep them. */
export function SignOutDialog({ onClose }: { onClose: () => void }) {
  const me = useMe()
  const open = useMyOpenSessions(me)
  const [ends, setEnds] = useState(me.end_with_sign_out)
  const [isLeaving, setLeaving] = useState(false)
  const leave = () => {
    setLeaving(true)
    void signOut(ends).then(() => goToSignIn('signed_out'))
  }
  return (
    <Dialog
      title="Sign out"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" data-autofocus disabled={isLeaving} onClick={leave}>
            {ends && open.length > 0 ? 'End them and sign out' : 'Sign out'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 text-sm">
        <p>You have {plural(open.length, 'support session')} open.</p>
        <ul className="flex flex-col gap-1">
          {open.map((session) => (
            <li key={session.id} className="flex items-center justify-between gap-3">
              <Inert text={nameOf(session)} className="min-w-0 truncate" />
              <Countdown issuedAt={session.issued_at} expiresAt={nearestLimit(session).at} />
            </li>
          ))}
        </ul>
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={ends} onChange={(event) => setEnds(event.target.checked)} />
          End them now
        </label>
        {ends ? null : <p className="text-warn">Anyone who has their tokens can use them until they end by themselves.</p>}
      </div>
    </Dialog>
  )
}
