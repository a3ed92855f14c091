import { type Session, sessionActs } from '@countersign/contract/sessions.ts'
import { CircleX } from 'lucide-react'
import { useNoConnection } from '../../api/connection.ts'
import { Button } from '../../ui/Button.tsx'
import { openOverlay } from '../../ui/overlay.ts'

const whyNot = (session: Session): string | undefined =>
  session.status === 'ACTIVE' ? undefined : sessionActs.revoke.otherwise[session.status]

/** Never hidden where it belongs: disabled, with the reason as text. */
export function RevokeButton({ session, isSmall = false }: { session: Session; isSmall?: boolean }) {
  const noConnection = useNoConnection()
  const why = whyNot(session) ?? noConnection
  const open = () => openOverlay({ kind: 'revoke', session })
  if (isSmall)
    return (
      <Button
        kind="danger"
        size="small"
        aria-label={`Revoke Session on ${session.tenant_name ?? session.tenant_id}`}
        disabled={why !== undefined}
        data-tip={why}
        onClick={open}
      >
        Revoke Session
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
