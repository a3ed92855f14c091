import { errorCatalogue } from '@countersign/contract/errors.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { Link } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { Failure } from '../../api/failure.ts'
import { canReadAudit, useMe } from '../../api/me.ts'
import { paths } from '../../paths.ts'
import { RoleBadge } from '../../ui/Badge.tsx'
import { buttonClass } from '../../ui/Button.tsx'
import { FailedPage } from '../../ui/States.tsx'

const { status, title, hint } = errorCatalogue.role_missing
const roleMissing = new Failure({ code: 'role_missing', status, title, hint })

/** A page that my roles do not open: which it needs, which I have, and where I can go. */
export function RoleMissing({ needed }: { needed: readonly Role[] }) {
  const me = useMe()
  return (
    <FailedPage error={roleMissing}>
      <dl className="mt-4 grid grid-cols-[max-content_max-content] items-center gap-x-4 gap-y-2 text-left text-sm">
        <dt className="text-faint">This page needs</dt>
        <dd className="flex flex-wrap items-center gap-1.5">
          {needed.map((role, at) => (
            <span key={role} className="flex items-center gap-1.5">
              {at > 0 ? <span className="text-faint">or</span> : null}
              <RoleBadge role={role} />
            </span>
          ))}
        </dd>
        <dt className="text-faint">You have</dt>
        <dd className="flex flex-wrap gap-1.5">
          {me.staff.roles.map((role) => (
            <RoleBadge key={role} role={role} />
          ))}
        </dd>
      </dl>
      {canReadAudit(me) ? (
        <Link {...paths.audit()} className={`${buttonClass('plain')} mt-5`}>
          <ScrollText aria-hidden="true" /> Open the audit
        </Link>
      ) : null}
    </FailedPage>
  )
}
