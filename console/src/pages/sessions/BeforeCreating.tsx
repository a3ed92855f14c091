import { Link } from '@tanstack/react-router'
import { KeyRound, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useNow } from '../../api/clock.ts'
import { useMe } from '../../api/me.ts'
import { paths } from '../../paths.ts'
import { Lifecycle } from '../../ui/Badge.tsx'
import { secondsLeft } from '../../ui/Countdown.tsx'
import { formatLeft } from '../../ui/format.ts'
import { ShortId } from '../../ui/IdChip.tsx'
import { Inert, InertLine } from '../../ui/Inert.tsx'
import { useMyOpenSessions } from '../shell/useMyOpenSessions.ts'
import type { CreateTarget } from './CreateDialog.tsx'

type Props = Pick<CreateTarget, 'tenant' | 'user'> & { onLeave: () => void }

/** Whom it is on, what is out of the ordinary about that tenant, and a session of mine that is open there already. */
export function BeforeCreating({ tenant, user, onLeave }: Props) {
  return (
    <div className="flex flex-col gap-2">
      <p className="flex min-w-0 flex-wrap items-baseline gap-x-2 text-sm">
        <span className="text-faint">On</span>
        {user ? (
          <>
            <Inert text={user.email} className="font-medium" />
            <span className="text-faint">of</span>
          </>
        ) : null}
        <Inert text={tenant.name} className="min-w-0 break-words font-medium" />
        <ShortId id={tenant.id} className="text-faint" />
        {tenant.status && tenant.status !== 'active' ? <Lifecycle status={tenant.status} /> : null}
      </p>
      {tenant.status === 'closed' || tenant.status === 'suspended' ? (
        <Notice icon={<TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warn" />}>
          <Inert text={tenant.name} className="font-medium" /> is {tenant.status}: make sure that this is the tenant you mean.
        </Notice>
      ) : null}
      <OpenAlready tenant={tenant} user={user} onLeave={onLeave} />
    </div>
  )
}

function Notice({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p role="status" className="flex items-start gap-2.5 rounded-md border border-warn-edge bg-warn-wash px-3 py-2 text-sm">
      {icon}
      <span className="min-w-0 flex-1">{children}</span>
    </p>
  )
}

/** The one that ends last, of those that reach the same. */
function OpenAlready({ tenant, user, onLeave }: Props) {
  const mine = useMyOpenSessions(useMe())
  const now = useNow(1)
  const same = mine.filter(({ tenant_id: id, target_user_id: on }) => id === tenant.id && (on === null || on === user?.id))
  const last = same.at(-1)
  if (!last) return null
  return (
    <Notice icon={<KeyRound aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warn" />}>
      <span className="flex min-w-0 flex-wrap gap-x-1.5">
        <span>
          You have {same.length === 1 ? 'one' : same.length} here already, {formatLeft(secondsLeft(last.expires_at, now))} left:
        </span>
        <Link {...paths.session(last.id)} onClick={onLeave} className="min-w-0 max-w-full flex-1 font-medium text-accent hover:underline">
          <InertLine text={last.reason ?? 'open it'} />
        </Link>
      </span>
    </Notice>
  )
}
