import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { Link } from '@tanstack/react-router'
import { CircleCheck, CircleQuestionMark, Clock, type LucideIcon, OctagonX } from 'lucide-react'
import { paths } from '../../paths.ts'
import { plural } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'

type Look = { icon: LucideIcon; className: string; words: string }

const endedWords = ({ outcome, action }: ActionRequest): string => {
  const count = outcome?.count
  if (count == null) return 'Done.'
  return action === 'reset_passkey' ? `Done: ${plural(count, 'passkey')} removed.` : `Done: ${plural(count, 'session')} ended.`
}

const lookOf = (request: ActionRequest): Look => {
  switch (request.state) {
    case 'done':
      return { icon: CircleCheck, className: 'text-ok', words: endedWords(request) }
    case 'failed':
      return { icon: OctagonX, className: 'text-bad', words: 'Not done: the product did not carry it out.' }
    case 'unknown':
    case 'executing':
      return {
        icon: CircleQuestionMark,
        className: 'text-warn',
        words: 'It is not known yet whether it was done. The product is asked again until it answers; do not try it a second time.',
      }
    case 'pending':
      return { icon: Clock, className: 'text-accent', words: 'Waiting for an approval.' }
    case 'approved':
      return { icon: CircleCheck, className: 'text-accent', words: 'Approved, but not carried out yet.' }
    case 'rejected':
      return { icon: OctagonX, className: 'text-bad', words: 'Rejected. Nothing was done.' }
    case 'expired':
      return { icon: Clock, className: 'text-faint', words: 'Expired. Nothing was done.' }
    case 'cancelled':
      return { icon: OctagonX, className: 'text-faint', words: 'Cancelled by its requester. Nothing was done.' }
    case 'void':
      return {
        icon: OctagonX,
        className: 'text-warn',
        words: 'Void: something that the approval depended on has changed. Nothing was done.',
      }
  }
}

/** What came of a request, in the place where it was asked for. */
export function Outcome({ request, isOwnPage = false }: { request: ActionRequest; isOwnPage?: boolean }) {
  const { icon: Icon, className, words } = lookOf(request)
  return (
    <div role="status" className="flex items-start gap-2.5 rounded-md border border-line px-3 py-2.5 text-sm">
      <Icon aria-hidden="true" className={`mt-0.5 size-4 shrink-0 ${className}`} />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{words}</p>
        {request.outcome?.note ? (
          <p className="text-soft">
            <Inert text={request.outcome.note} />
          </p>
        ) : null}
        {request.rejection ? (
          <p className="text-soft">
            {request.rejection.by.email}: <Inert text={request.rejection.reason} />
          </p>
        ) : null}
        <p className="mt-0.5 flex flex-wrap gap-x-2 text-xs">
          <span className="id break-all text-faint">{request.id}</span>
          {isOwnPage ? null : (
            <Link {...paths.approval(request.id)} className="text-accent hover:underline">
              Open the request
            </Link>
          )}
        </p>
      </div>
    </div>
  )
}
