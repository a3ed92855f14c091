import { Link } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { canReadSessions, canUseConsole, useMe } from '../api/me.ts'
import { paths } from '../paths.ts'

const places = {
  Tenants: { link: paths.tenants(), mayOpen: canUseConsole },
  Users: { link: paths.users(), mayOpen: canUseConsole },
  Sessions: { link: paths.sessions(), mayOpen: canReadSessions },
  Approvals: { link: paths.approvals(), mayOpen: () => true },
} as const

/** The way back to the list; for whom that is not open, to the requests that led here. */
export function Crumbs({ to: wanted }: { to: keyof typeof places }) {
  const to = places[wanted].mayOpen(useMe()) ? wanted : 'Approvals'
  return (
    <Link
      {...places[to].link}
      className="-ml-1 inline-flex w-max items-center gap-0.5 pr-1 pointer-coarse:min-h-10 min-h-6 text-faint text-xs hover:text-ink"
    >
      <ChevronLeft aria-hidden="true" className="size-3.5" />
      {to}
    </Link>
  )
}
