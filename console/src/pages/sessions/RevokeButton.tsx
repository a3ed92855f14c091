import { type Session, sessionActs } from '@countersign/contract/sessions.ts'
import { CircleX } from 'lucide-react'
import { Button } from '../../ui/Button.tsx'
import { openOverlay } from '../../ui/overlay.ts'

const whyNot = (session: Session): string | undefined =>
  session.status === 'ACTIVE' ? undefined : sessionActs.revoke.otherwise[session.status]

/** Never hidden where it belongs: disabled, with the reason as text. */
export function RevokeButton({ session, isSmall = false }: { session: Session; isSmall?: boolean }) {
  const why = whyNot(session)
  const open = () => openOverlay({ kind: 'revoke', session })
  if (isSmall)
    return (
      <Button kind="danger" size="small" aria-label={`Revoke session on ${session.tenant_name ?? session.tenant_id}`} onClick={open}>
        Revoke
      </Button>
    )
  return (
    <span className="flex items-center gap-3">
      {why ? <span className="text-faint text-sm">{why}</span> : null}
      <Button kind="danger" icon={<CircleX />} disabled={why !== undefined} onClick={open}>
        Revoke Session
      </Button>
    </span>
  )
}
