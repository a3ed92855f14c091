import { Link } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { paths } from '../paths.ts'

const places = { Tenants: paths.tenants(), Users: paths.users(), Sessions: paths.sessions(), Approvals: paths.approvals() } as const

/** The way back to the list. */
export function Crumbs({ to }: { to: keyof typeof places }) {
  return (
    <Link
      {...places[to]}
      className="-ml-1 inline-flex w-max items-center gap-0.5 pr-1 pointer-coarse:min-h-10 min-h-6 text-faint text-xs hover:text-ink"
    >
      <ChevronLeft aria-hidden="true" className="size-3.5" />
      {to}
    </Link>
  )
}
