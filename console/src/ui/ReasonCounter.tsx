import { countReason, isReason, reasonMaximum, reasonMinimum } from '@countersign/contract/text.ts'
import clsx from 'clsx'
import { Check } from 'lucide-react'

/** How far a reason is from being one. */
export function ReasonCounter({ reason }: { reason: string }) {
  const count = countReason(reason)
  const isTooLong = reason.trim().length > reasonMaximum
  const isEnough = isReason(reason) && !isTooLong
  return (
    <span className={clsx('inline-flex items-center gap-1 nums', isEnough ? 'text-ok' : 'text-faint')}>
      {isEnough ? <Check aria-hidden="true" className="size-3" /> : null}
      {isEnough ? `${count} characters` : `${count} of ${isTooLong ? `at most ${reasonMaximum}` : reasonMinimum} characters`}
    </span>
  )
}
