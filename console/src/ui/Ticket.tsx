import { only } from '@countersign/contract/choice.ts'
import { Link } from '@tanstack/react-router'
import { ExternalLink } from 'lucide-react'
import { useMe } from '../api/me.ts'
import { paths } from '../paths.ts'
import { Inert } from './Inert.tsx'

/** A ticket: leads to the ticket desk where the configuration says where that is, else to what the log has of it. */
export function Ticket({ id }: { id: string }) {
  const { ticket_url: url } = useMe()
  const name = (
    <span data-tip={id} data-cut className="min-w-0 truncate">
      <Inert text={id} />
    </span>
  )
  const look = 'inline-flex min-w-0 max-w-full items-center gap-1 align-bottom text-accent hover:underline'
  if (url === null)
    return (
      <Link {...paths.audit({ ticket: only(id) })} className={look}>
        {name}
      </Link>
    )
  return (
    <a href={url.replace('{id}', encodeURIComponent(id))} target="_blank" rel="noopener noreferrer" className={look}>
      {name}
      <ExternalLink aria-hidden="true" className="size-3 shrink-0" />
      <span className="sr-only">in the ticket desk</span>
    </a>
  )
}
