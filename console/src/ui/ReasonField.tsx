import type { ReactNode } from 'react'
import { describedBy, Field, TextArea } from './Field.tsx'
import { isSubmit } from './keys.ts'
import { ReasonCounter } from './ReasonCounter.tsx'

type Props = {
  id: string
  reason: string
  onReason: (reason: string) => void
  label?: string
  hint?: ReactNode
  optional?: boolean
  /** Where nothing else in the dialog is to be filled in first. */
  focus?: boolean
  onSubmit?: () => void
}

/** Where somebody says why. */
export function ReasonField({ id, reason, onReason, label = 'Reason', hint = forCustomer, optional = false, focus, onSubmit }: Props) {
  return (
    <Field label={label} htmlFor={id} optional={optional} hint={hint} aside={<ReasonCounter reason={reason} />}>
      <TextArea
        id={id}
        data-autofocus={focus}
        rows={2}
        value={reason}
        aria-describedby={describedBy(id)}
        onChange={(event) => onReason(event.target.value)}
        onKeyDown={(event) => {
          if (isSubmit(event)) onSubmit?.()
        }}
      />
    </Field>
  )
}

const forCustomer = 'One sentence that the customer may read.'
