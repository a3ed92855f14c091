import { type ActionRequest, canDo, type SignedRequest } from '@countersign/contract/action-requests.ts'
import { isReason } from '@countersign/contract/text.ts'
import { useQuery } from '@tanstack/react-query'
import { Fingerprint, LogIn } from 'lucide-react'
import { useState } from 'react'
import { actionTableQuery, useApprove, useReject } from '../../api/actions.ts'
import { useNoConnection } from '../../api/connection.ts'
import { canApprove, useMe } from '../../api/me.ts'
import { Button } from '../../ui/Button.tsx'
import { Card } from '../../ui/Card.tsx'
import { Consequence } from '../../ui/Consequence.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { ReasonField } from '../../ui/ReasonField.tsx'
import { toast } from '../../ui/Toasts.tsx'
import { actionWords } from '../actions/words.ts'
import { SigningFailure } from '../keys/SigningFailure.tsx'

type Props = { request: ActionRequest; signed: SignedRequest }

/** Why this person cannot decide; null where they can. */
const whyNot = ({ request }: Props, me: ReturnType<typeof useMe>): string | null => {
  if (!canDo('approve', request.state)) return 'It has already been decided.'
  if (request.requester.id === me.staff.id) return 'This is your own request. You cannot approve it yourself.'
  if (!canApprove(me)) return 'Approving needs the role support_manager or super_admin.'
  if (request.approvals.some(({ by }) => by.id === me.staff.id)) return 'You have signed it. Another person has to sign it too.'
  return null
}

/** Approve with a signature over exactly what the sheet shows, or reject with a reason (A40, P7). */
export function Decide(props: Props) {
  const why = whyNot(props, useMe())
  return (
    <Card title="Decide">
      {why ? <p className="text-soft text-sm">{why}</p> : null}
      {why && !canDo('approve', props.request.state) ? null : (
        <div className="flex flex-col gap-4">
          <Approve {...props} why={why} />
          {why ? null : <Reject {...props} />}
        </div>
      )}
    </Card>
  )
}

function Approve({ request, signed, why }: Props & { why: string | null }) {
  const words = actionWords[signed.action]
  const approve = useApprove(() => toast('Countersigned', <Inert text={`${words.act} ${signed.target.label}`} />))
  const noConnection = useNoConnection()
  const { data: table } = useQuery({
    ...actionTableQuery({ kind: request.target.kind, id: request.target.id }),
    enabled: why === null,
  })
  const isSigned = table?.signature !== 'sign_in'
  return (
    <div className="flex flex-col gap-3">
      {why ? null : (
        <Consequence>
          With your signature this is done at once, in your name and theirs. {words.undo}{' '}
          <Inert text={signed.target.tenant_name ?? signed.target.tenant_id} className="font-medium text-ink" /> sees both in its audit log.
        </Consequence>
      )}
      <Button
        kind="main"
        icon={isSigned ? <Fingerprint /> : <LogIn />}
        disabled={why !== null || noConnection !== undefined || approve.isPending}
        className="!h-auto min-h-8 !shrink !whitespace-normal wrap-anywhere py-1"
        onClick={() => approve.mutate({ request, isSigned })}
      >
        {approve.isPending ? (
          isSigned ? (
            'Waiting for your passkey'
          ) : (
            'Approving'
          )
        ) : (
          <span>
            {isSigned ? 'Approve with passkey' : 'Approve with this sign-in'}: {words.title.toLowerCase()}
          </span>
        )}
      </Button>
      {noConnection ? <p className="text-faint text-sm">{noConnection}</p> : null}
      {approve.error ? <SigningFailure error={approve.error} /> : null}
    </div>
  )
}

function Reject({ request }: Props) {
  const reject = useReject(() => toast('Rejected'))
  const [reason, setReason] = useState('')
  const id = `reject-${request.id}`
  const isEnough = isReason(reason)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (isEnough) reject.mutate({ id: request.id, reason })
      }}
      className="flex flex-col gap-3 border-line border-t pt-4"
    >
      <ReasonField id={id} label="Reason to reject" hint="The requester is told." reason={reason} onReason={setReason} />
      <div className="flex items-center justify-end gap-2">
        {isEnough ? null : <span className="mr-auto text-faint text-sm">reason missing</span>}
        <Button submit kind="danger" disabled={!isEnough || reject.isPending}>
          Reject
        </Button>
      </div>
      {reject.error ? <SigningFailure error={reject.error} /> : null}
    </form>
  )
}
