import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { RequestBadge } from '../../ui/Badge.tsx'
import { Time } from '../../ui/Time.tsx'
import { actionWords, stateWords } from './words.ts'

/** Requests on whoever is shown that have not come to their end. */
export function OpenRequests({ requests }: { requests: readonly ActionRequest[] }) {
  if (requests.length === 0) return null
  return (
    <ul aria-label="Open requests" className="divide-y divide-line border-line border-b bg-accent-wash">
      {requests.map((request) => (
        <li key={request.id} className="flex flex-wrap items-center gap-x-2 gap-y-0.5 px-4 py-2 text-sm">
          <Link {...paths.approval(request.id)} className="font-medium text-accent hover:underline">
            {actionWords[request.action].title}
          </Link>
          <RequestBadge state={request.state}>{stateWords[request.state]}</RequestBadge>
          <span className="min-w-0 text-soft text-xs">
            requested by {request.requester.email} <Time at={request.created_at} />
          </span>
        </li>
      ))}
    </ul>
  )
}
