import type { Session } from '@countersign/contract/sessions.ts'
import type { Me } from '@countersign/contract/staff.ts'
import { Link } from '@tanstack/react-router'
import { LogIn } from 'lucide-react'
import { useMe } from '../../api/me.ts'
import { paths } from '../../paths.ts'
import { Button, buttonClass } from '../../ui/Button.tsx'

/** Why nobody steps in with this session from here, if so. */
export const whyNotStepIn = ({ staff_id, standing }: Session, { staff, views }: Me): string | undefined => {
  if (standing !== 'usable') return 'the session can no longer be used'
  if (staff_id !== staff.id) return 'only the person who opened it can step in'
  return views ? undefined : 'views are not set up here'
}

/** The product as its user sees it, in the console. */
export function StepInButton({ session, path, isSmall = false }: { session: Session; path?: string; isSmall?: boolean }) {
  const me = useMe()
  const why = whyNotStepIn(session, me)
  const size = isSmall ? 'small' : 'medium'
  if (why !== undefined)
    return (
      <Button kind="plain" size={size} icon={<LogIn />} disabled data-tip={why}>
        Step in<span className="sr-only">: {why}</span>
      </Button>
    )
  return (
    <Link {...paths.view(session.id, path)} className={buttonClass('main', size)}>
      <LogIn aria-hidden="true" /> Step in
    </Link>
  )
}
