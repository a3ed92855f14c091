import type { Explanation, Requirement } from '@countersign/contract/actions.ts'
import { Fingerprint } from 'lucide-react'
import { useStepUp } from '../../api/passkeys.ts'
import { Button } from '../../ui/Button.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { SigningFailure } from '../keys/SigningFailure.tsx'

type Props = { requirement: Requirement; explanation: Explanation; onSigned: () => void }

const hours = (minutes: number): string => (minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`)

/** A gate that is met elsewhere than by typing. */
export function GateWords({ requirement, explanation, onSigned }: Props) {
  const { gate, met, note } = requirement
  if (gate === 'approval')
    return (
      <p>
        <span className="font-medium">Approval</span>{' '}
        <span className="text-soft">
          by {explanation.approvers.join(' or ')}, never by yourself. This request asks for it and waits{' '}
          {hours(explanation.expires_minutes)} at most.
        </span>
      </p>
    )
  if (gate === 'step_up') return <StepUp isHigh={explanation.risk === 'high'} met={met} onSigned={onSigned} />
  if (gate === 'role')
    return (
      <p>
        <span className="font-medium">Role</span> <span className="text-soft">{met ? 'yours allows it' : note}</span>
      </p>
    )
  return (
    <p className={met ? 'text-soft' : 'font-medium'}>
      <Inert text={met ? note.replace(/ missing$/, '') : note} />
    </p>
  )
}

function StepUp({ isHigh, met, onSigned }: { isHigh: boolean; met: boolean; onSigned: () => void }) {
  const step = useStepUp()
  return (
    <div className="flex flex-col gap-1.5">
      <p>
        <span className="font-medium">Your passkey</span>{' '}
        <span className="text-soft">
          {met
            ? 'signed within the last five minutes'
            : isHigh
              ? 'signs exactly this action when you press the button'
              : 'one signature is good for five minutes'}
        </span>
      </p>
      {met || isHigh ? null : (
        <Button
          size="small"
          icon={<Fingerprint />}
          className="self-start"
          disabled={step.isPending}
          onClick={() => step.mutate(undefined, { onSuccess: onSigned })}
        >
          {step.isPending ? 'Waiting for your passkey' : 'Confirm with a passkey'}
        </Button>
      )}
      {step.error ? <SigningFailure error={step.error} /> : null}
    </div>
  )
}
