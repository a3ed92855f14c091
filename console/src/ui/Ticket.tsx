import { only } from '@countersign/contract/choice.ts'
import { Link } from '@tanstack/react-router'
import { ExternalLink } from 'lucide-react'
import { useMe } from '../api/me.ts'
import { paths } from '../paths.ts'

/** A ticket: leads to the ticket desk where the configuration says where that is, else to what the log has of it. */
export function Ticket({ id }: { id: string }) {
  const { ticket_url: url } = useMe()
  if (url === null)
    return (
      <Link {...paths.audit({ ticket: only(id) })} className="text-accent hover:underline">
        {id}
      </Link>
    )
  return (
    <a
      href={url.replace('{id}', encodeURIComponent(id))}
      target="_blank"
      rel="noopener noreferrer"
      className="inline-flex items-center gap-1 text-accent hover:underline"
    >
      {id}
      <ExternalLink aria-hidden="true" className="size-3" />
      <span className="sr-only">in the ticket desk</span>
    </a>
  )
}
