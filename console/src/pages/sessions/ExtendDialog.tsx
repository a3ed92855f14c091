import { type Session, ttlMaximumUserMinutes } from '@countersign/contract/sessions.ts'
import { Ticket } from '@countersign/contract/text.ts'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useNoConnection } from '../../api/connection.ts'
import { extensionOf, scopesQuery, useExtendSession } from '../../api/sessions.ts'
import { Button } from '../../ui/Button.tsx'
import { Consequence } from '../../ui/Consequence.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { describedBy, Field, Input } from '../../ui/Field.tsx'
import { formatMinute } from '../../ui/format.ts'
import { Gate } from '../../ui/Gate.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { ReasonField } from '../../ui/ReasonField.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { toast } from '../../ui/Toasts.tsx'
import { useZone } from '../../ui/zone.ts'
import { GateWords } from '../actions/GateWords.tsx'
import { Outcome } from '../actions/Outcome.tsx'
import { useGates, wellFormed } from '../actions/useGates.ts'
import { SigningFailure } from '../keys/SigningFailure.tsx'
import { extendable } from './limits.ts'

/** More time in a session of mine: what it needs is the server's word, and so is the refusal. */
export function ExtendDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const id = useId()
  const noConnection = useNoConnection()
  const { data: catalogue } = useQuery(scopesQuery)
  const onUser = session.target_user_id !== null
  const most = Math.min(catalogue?.max_minutes ?? 0, onUser ? ttlMaximumUserMinutes : 60)
  const room = extendable(session, most)
  const [minutes, setMinutes] = useState(10)
  const [reason, setReason] = useState('')
  const [ticket, setTicket] = useState(session.ticket ?? '')
  const attempt = wellFormed(extensionOf(session, { minutes, reason, ticket }))
  const gates = useGates(attempt)
  const extend = useExtendSession()
  const { explanation } = gates
  const name = session.tenant_name ?? session.tenant_id
  const metOf = (gate: string) => explanation?.requirements.find((requirement) => requirement.gate === gate)?.met
  const isTime = Number.isInteger(minutes) && minutes >= 1 && minutes <= room
  const isTicket = ticket.trim() === '' || Ticket.safeParse(ticket).success
  const missing =
    noConnection ??
    (room === 0 ? 'It already has the longest time allowed' : isTime ? null : `A whole number of minutes, 1 to ${room}`) ??
    (isTicket ? gates.missing : 'Write the ticket as #4831 or SUP-4831')
  const submit = () => {
    if (missing !== null || extend.isPending) return
    extend.mutate(
      { session, attempt, minutes, needsSignature: gates.needsSignature, ask_approval: gates.asksApproval },
      {
        onSuccess: (answer) => {
          if (!('expires_at' in answer) || 'requester' in answer) return
          onClose()
          toast('Session extended', <Inert text={name} />)
        },
        onError: gates.again,
      },
    )
  }
  useZone()
  const asked = extend.data !== undefined && 'requester' in extend.data ? extend.data : undefined
  return (
    <Dialog
      title="Extend Session"
      onClose={onClose}
      footer={
        asked ? (
          <Button kind="main" data-autofocus onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            {missing ? <span className="mr-auto min-w-0 text-faint text-sm">{missing}</span> : null}
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="main" disabled={missing !== null || extend.isPending} onClick={submit}>
              {gates.asksApproval ? 'Ask for approval' : 'Extend Session'}
            </Button>
          </>
        )
      }
    >
      {asked ? (
        <Outcome request={asked} />
      ) : !explanation ? (
        gates.error ? (
          <FailureNote error={gates.error} onRetry={gates.again} />
        ) : (
          <Loading lines={3} />
        )
      ) : (
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <Field label="More time" htmlFor={`${id}-minutes`} hint={`Minutes, ${room} at most: ${most} from its opening`}>
            <Input
              id={`${id}-minutes`}
              type="number"
              inputMode="numeric"
              min={1}
              max={room}
              step={1}
              value={Number.isNaN(minutes) ? '' : minutes}
              aria-invalid={!isTime}
              aria-describedby={describedBy(`${id}-minutes`)}
              className="!w-20 nums"
              onChange={(event) => setMinutes(event.target.valueAsNumber)}
            />
          </Field>
          <ul aria-label="What it needs" className="flex flex-col gap-3">
            <Gate met={metOf('reason') ?? attempt.reason !== undefined}>
              <ReasonField id={`${id}-reason`} focus reason={reason} onReason={setReason} onSubmit={submit} />
            </Gate>
            {metOf('ticket') === undefined ? null : (
              <Gate met={metOf('ticket') === true}>
                <Field label="Ticket" htmlFor={`${id}-ticket`} hint="#4831 or SUP-4831">
                  <Input
                    id={`${id}-ticket`}
                    value={ticket}
                    aria-invalid={!isTicket}
                    aria-describedby={describedBy(`${id}-ticket`)}
                    onChange={(event) => setTicket(event.target.value)}
                    className="!w-48"
                  />
                </Field>
              </Gate>
            )}
            {explanation.requirements
              .filter(({ gate }) => gate !== 'reason' && gate !== 'ticket')
              .map((requirement) => (
                <Gate key={`${requirement.gate} ${requirement.note}`} met={requirement.met}>
                  <GateWords requirement={requirement} explanation={explanation} onSigned={gates.again} />
                </Gate>
              ))}
          </ul>
          <Consequence>
            {isTime ? `It then ends at ${formatMinute(Date.parse(session.expires_at) + minutes * 60_000)}. ` : null}
            <Inert text={name} className="font-medium text-ink" /> sees this in its audit log, with your name and the reason.
          </Consequence>
          {extend.error ? <SigningFailure error={extend.error} /> : null}
        </form>
      )}
    </Dialog>
  )
}
