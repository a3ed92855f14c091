import { Link } from '@tanstack/react-router'
import { canUseConsole, useMe } from '../api/me.ts'
import { paths } from '../paths.ts'
import { InertLine } from './Inert.tsx'

type Props = { id: string; name: string | null; className?: string }

/** A tenant by its name, and the way to it for whom it is open. */
export function TenantLink({ id, name, className = '' }: Props) {
  const line = <InertLine text={name ?? id} />
  if (!canUseConsole(useMe())) return <span className={`block min-w-0 ${className}`}>{line}</span>
  return (
    <Link {...paths.tenant(id)} className={`block min-w-0 hover:text-accent ${className}`}>
      {line}
    </Link>
  )
}
