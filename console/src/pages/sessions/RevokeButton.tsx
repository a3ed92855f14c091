import { type Session, sessionActs } from '@countersign/contract/sessions.ts'
import { CircleX } from 'lucide-react'
import { useNoConnection } from '../../api/connection.ts'
import { canUseConsole, useMe } from '../../api/me.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { openOverlay } from '../../ui/overlay.ts'

/** Why a session cannot be revoked by me; undefined where it can. Whoever opened it may always, whatever their roles are now. */
const useWhyNot = (session: Session): string | undefined => {
  const me = useMe()
  const noConnection = useNoConnection()
  if (session.status !== 'ACTIVE') return sessionActs.revoke.otherwise[session.status]
  if (!canUseConsole(me) && session.staff_id !== me.staff.id) return 'Your roles only let you read it'
  return noConnection
}

/** Never hidden where it belongs: disabled, with the reason as text. */
export function RevokeButton({ session }: { session: Session }) {
  const why = useWhyNot(session)
  return (
    <span className="flex items-center gap-3">
      {why ? <span className="text-faint text-sm">{why}</span> : null}
      <Button kind="danger" icon={<CircleX />} disabled={why !== undefined} onClick={() => openOverlay({ kind: 'revoke', session })}>
        Revoke Session
      </Button>
    </span>
  )
}

/** The same in a row: quiet until it is meant. */
export function RevokeIcon({ session }: { session: Session }) {
  const why = useWhyNot(session)
  if (session.status !== 'ACTIVE') return null
  return (
    <IconButton
      label={`Revoke Session on ${session.tenant_name ?? session.tenant_id}`}
      tip={why ?? 'Revoke Session'}
      icon={<CircleX />}
      disabled={why !== undefined}
      className="not-disabled:hover:bg-bad-wash not-disabled:hover:text-bad disabled:opacity-50"
      onClick={() => openOverlay({ kind: 'revoke', session })}
    />
  )
}
