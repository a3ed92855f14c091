import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { type ActionName, actions, type Requirement } from '@countersign/contract/actions.ts'
import { Ticket } from '@countersign/contract/text.ts'
import { type ReactNode, useId, useState } from 'react'
import type { Attempt } from '../../api/actions.ts'
import { useNoConnection } from '../../api/connection.ts'
import { Button } from '../../ui/Button.tsx'
import { Consequence } from '../../ui/Consequence.tsx'
import { describedBy, Field, Input } from '../../ui/Field.tsx'
import { Gate } from '../../ui/Gate.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { ReasonField } from '../../ui/ReasonField.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { SigningFailure } from '../keys/SigningFailure.tsx'
import { GateWords } from './GateWords.tsx'
import { Outcome } from './Outcome.tsx'
import { useGates, wellFormed } from './useGates.ts'
import { useTry } from './useTry.ts'
import { actionWords } from './words.ts'

type Props = {
  action: ActionName
  target: { kind: 'user' | 'tenant'; id: string; label: string }
  tenantName: string
  /** Whom and how many it concerns. */
  concerns: ReactNode
  ticket?: string | null
  parameters?: Attempt['parameters']
  /** A further input that the action needs, and what is said while it is not filled. */
  input?: { element: ReactNode; missing: string | null }
  onClose: () => void
  onDone: (request: ActionRequest) => void
}

/** What is done at once, or waits for somebody, has left the gate list; what failed or is not known is told in it. */
const isTold = ({ state }: ActionRequest) => state === 'done' || state === 'pending'

/** What an act needs, each line met or not with its input right there, what it will do, and the button that does it (A24–A26). */
export function GateList({ action, target, tenantName, concerns, ticket: inherited, parameters, input, onClose, onDone }: Props) {
  const id = useId()
  const noConnection = useNoConnection()
  const [reason, setReason] = useState('')
  const [ticket, setTicket] = useState(inherited ?? '')
  const attempt = wellFormed({
    action,
    target: { kind: target.kind, id: target.id },
    reason,
    ticket,
    ...(parameters ? { parameters } : {}),
  })
  const gates = useGates(attempt)
  const tried = useTry(attempt, gates, (request) => isTold(request) && onDone(request))
  const { explanation } = gates
  if (!explanation) return gates.error ? <FailureNote error={gates.error} onRetry={gates.again} /> : <Loading lines={3} />

  const metOf = (gate: string) => explanation.requirements.find((requirement) => requirement.gate === gate)?.met
  const isWrong = ticket.trim() !== '' && !Ticket.safeParse(ticket).success
  const missing = noConnection ?? input?.missing ?? (isWrong ? 'the ticket is not a ticket name' : gates.missing)
  const others = explanation.requirements.filter(({ gate }) => gate !== 'reason' && gate !== 'ticket')
  const isOver = tried.made !== undefined && !tried.error
  const submit = () => {
    if (!missing && !tried.isPending && !isOver) tried.run()
  }

  return (
    <form
      aria-label={actionWords[action].title}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
      className="flex flex-col gap-4"
    >
      <p className="text-soft text-sm">{actions[action].effect}</p>
      {input?.element}
      <ul aria-label="What it needs" className="flex flex-col gap-3">
        <Gate met={metOf('reason') ?? attempt.reason !== undefined}>
          <ReasonField
            id={`${id}-reason`}
            focus
            reason={reason}
            onReason={setReason}
            optional={metOf('reason') === undefined}
            onSubmit={submit}
          />
        </Gate>
        <Gate met={metOf('ticket') ?? attempt.ticket !== undefined}>
          <Field
            label="Ticket"
            htmlFor={`${id}-ticket`}
            optional={metOf('ticket') === undefined}
            hint={inherited && ticket === inherited ? 'The ticket this pane was opened with.' : '#4831 or SUP-4831'}
            error={isWrong ? 'This is not a ticket name such as #4831 or SUP-4831.' : undefined}
          >
            <Input
              id={`${id}-ticket`}
              value={ticket}
              aria-invalid={isWrong}
              aria-describedby={describedBy(`${id}-ticket`)}
              onChange={(event) => setTicket(event.target.value)}
              className="!w-48"
            />
          </Field>
        </Gate>
        {others.map((requirement: Requirement) => (
          <Gate key={`${requirement.gate} ${requirement.note}`} met={requirement.met}>
            <GateWords requirement={requirement} explanation={explanation} onSigned={gates.again} />
          </Gate>
        ))}
      </ul>
      <Consequence>
        {concerns} {actionWords[action].undo} <Inert text={tenantName} className="font-medium text-ink" /> sees this in its audit log, with
        your name and the reason.
      </Consequence>
      {gates.error ? <FailureNote error={gates.error} onRetry={gates.again} /> : null}
      {tried.error ? <SigningFailure error={tried.error} /> : null}
      {isOver && tried.made ? <Outcome request={tried.made} /> : null}
      <div className="flex flex-wrap items-center justify-end gap-2">
        {missing && !isOver ? <span className="mr-auto min-w-0 text-faint text-sm">{missing}</span> : null}
        <Button onClick={onClose}>{isOver ? 'Close' : 'Cancel'}</Button>
        <Button
          submit
          kind={explanation.risk === 'high' ? 'danger' : 'main'}
          disabled={missing !== null || tried.isPending || isOver}
          className="min-w-0 max-w-full !shrink !whitespace-normal !h-auto min-h-8 text-left wrap-anywhere"
        >
          {gates.asksApproval ? (
            'Ask for approval'
          ) : (
            <span>
              {actionWords[action].act} <Inert text={target.label} />
            </span>
          )}
        </Button>
      </div>
    </form>
  )
}
