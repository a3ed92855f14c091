import { Link } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { useNow } from '../../api/clock.ts'
import { useMe } from '../../api/me.ts'
import { paths } from '../../paths.ts'
import { secondsLeft } from '../../ui/Countdown.tsx'
import { formatLeft } from '../../ui/format.ts'
import { InertLine } from '../../ui/Inert.tsx'
import { useMyOpenSessions } from '../shell/useMyOpenSessions.ts'

export function Notice({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p role="status" className="flex items-start gap-2.5 rounded-md border border-warn-edge bg-warn-wash px-3 py-2 text-sm">
      {icon}
      <span className="min-w-0 flex-1">{children}</span>
    </p>
  )
}

type Props = { tenantId: string; userId: string | undefined; onLeave?: () => void }

/** A session of mine that reaches the same and is open still: the one that ends last, and the way to it. */
export function OpenAlready({ tenantId, userId, onLeave }: Props) {
  const mine = useMyOpenSessions(useMe())
  const now = useNow(1)
  const same = mine.filter(({ tenant_id: id, target_user_id: on }) => id === tenantId && (on === null || on === userId))
  const last = same.at(-1)
  if (!last) return null
  return (
    <Notice icon={<KeyRound aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warn" />}>
      <span className="flex min-w-0 flex-wrap gap-x-1.5">
        <span>
          You have {same.length === 1 ? 'one' : same.length} here already, {formatLeft(secondsLeft(last.expires_at, now))} left:
        </span>
        <Link
          {...paths.session(last.id)}
          onClick={onLeave}
          className="min-w-0 max-w-full flex-1 basis-48 font-medium text-accent hover:underline"
        >
          <InertLine text={last.reason ?? 'open it'} />
        </Link>
      </span>
    </Notice>
  )
}
