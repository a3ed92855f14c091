import type { Session } from '@countersign/contract/sessions.ts'
import { useNoConnection } from '../../api/connection.ts'
import { useStay } from '../../api/sessions.ts'
import { Button } from '../../ui/Button.tsx'
import { toast } from '../../ui/Toasts.tsx'

/** Says that I am there: the idle time counts from now. */
export function StayButton({ session }: { session: Pick<Session, 'id'> }) {
  const stay = useStay()
  const why = useNoConnection()
  return (
    <Button
      size="small"
      disabled={stay.isPending || why !== undefined}
      data-tip={why}
      onClick={() => stay.mutate(session.id, { onError: (error) => toast('You could not stay', error.message) })}
    >
      Stay
    </Button>
  )
}
