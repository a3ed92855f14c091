import { type ActionRequest, canDo } from '@countersign/contract/action-requests.ts'
import { openingActions } from '@countersign/contract/actions.ts'
import type { CreatedSession } from '@countersign/contract/sessions.ts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useCancel, useExecute } from '../../api/actions.ts'
import { useNoConnection } from '../../api/connection.ts'
import { scopesQuery, useClaimSession } from '../../api/sessions.ts'
import { Button } from '../../ui/Button.tsx'
import { Card } from '../../ui/Card.tsx'
import { FailureNote } from '../../ui/States.tsx'
import { toast } from '../../ui/Toasts.tsx'
import { Created } from '../sessions/Created.tsx'

const opensSession = ({ action }: ActionRequest) => (openingActions as readonly string[]).includes(action)

/** What its requester can still do: take it back, claim the session that was approved, or carry it out. */
export function Own({ request }: { request: ActionRequest }) {
  const { data: catalogue } = useQuery({ ...scopesQuery, enabled: opensSession(request) })
  const [created, setCreated] = useState<CreatedSession | null>(null)
  // The token outlives the state in which it could be claimed.
  return (
    <>
      {canDo('cancel', request.state) ? <Acts request={request} onCreated={setCreated} /> : null}
      {created && catalogue ? <Created created={created} catalogue={catalogue} onClose={() => setCreated(null)} /> : null}
    </>
  )
}

type Props = { request: ActionRequest; onCreated: (created: CreatedSession) => void }

function Acts({ request, onCreated }: Props) {
  const cancel = useCancel(() => toast('Request cancelled'))
  const execute = useExecute()
  const claim = useClaimSession(onCreated)
  const noConnection = useNoConnection()
  const isApproved = canDo('execute', request.state)
  const isBusy = noConnection !== undefined || cancel.isPending || execute.isPending || claim.isPending
  const error = cancel.error ?? execute.error ?? claim.error
  return (
    <Card title="Your request">
      <div className="flex flex-col gap-3">
        <p className="text-soft text-sm">{isApproved ? 'It is approved.' : 'This page says at once when somebody has decided.'}</p>
        <div className="flex flex-wrap gap-2">
          {isApproved && opensSession(request) ? (
            <Button kind="main" disabled={isBusy} onClick={() => claim.mutate(request.id)}>
              Claim session
            </Button>
          ) : null}
          {isApproved && !opensSession(request) ? (
            <Button kind="main" disabled={isBusy} onClick={() => execute.mutate(request.id)}>
              Carry it out
            </Button>
          ) : null}
          <Button kind="danger" disabled={isBusy} onClick={() => cancel.mutate(request.id)}>
            Cancel the request
          </Button>
        </div>
        {noConnection ? <p className="text-faint text-sm">{noConnection}</p> : null}
        {error ? <FailureNote error={error} /> : null}
      </div>
    </Card>
  )
}
