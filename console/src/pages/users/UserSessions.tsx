import type { Unreadable } from '@countersign/contract/pages.ts'
import type { UserSession } from '@countersign/contract/users.ts'
import { MonitorSmartphone } from 'lucide-react'
import { Button } from '../../ui/Button.tsx'
import { Card } from '../../ui/Card.tsx'
import { Inert, InertLine } from '../../ui/Inert.tsx'
import { Time } from '../../ui/Time.tsx'
import { LeftOut } from '../../ui/Unread.tsx'

type Props = { sessions: readonly UserSession[]; unreadable: Unreadable; onRevoke: (sessionId: string) => void }

/** Where this user is signed in to the product. */
export function UserSessions({ sessions, unreadable, onRevoke }: Props) {
  return (
    <Card
      title="Sessions in the product"
      flush={sessions.length > 0}
      aside={<span className="text-faint text-xs nums">{sessions.length}</span>}
    >
      {sessions.length + unreadable.count === 0 ? <p className="text-faint text-sm">The product reports no live session.</p> : null}
      <ul className="divide-y divide-line">
        {sessions.map((session) => (
          <li key={session.id} className="flex items-center gap-3 px-4 py-2 text-sm">
            <MonitorSmartphone aria-hidden="true" className="size-4 shrink-0 text-faint" strokeWidth={1.75} />
            <span className="min-w-0 flex-1">
              <InertLine text={session.device ?? 'Unknown device'} />
              <span className="flex min-w-0 gap-1.5 text-faint text-xs">
                <span className="id truncate">
                  <Inert text={session.ip ?? 'address unknown'} />
                </span>
                {session.place ? (
                  <span className="truncate">
                    · <Inert text={session.place} />
                  </span>
                ) : null}
              </span>
            </span>
            <span className="flex shrink-0 flex-col items-end text-xs">
              <span className="text-soft">
                {session.last_seen_at ? (
                  <>
                    seen <Time at={session.last_seen_at} />
                  </>
                ) : (
                  'last seen: unknown'
                )}
              </span>
              <span className="text-faint">
                since <Time at={session.created_at} />
              </span>
            </span>
            <Button
              size="small"
              aria-label={`Revoke the session on ${session.device ?? 'an unknown device'}`}
              onClick={() => onRevoke(session.id)}
            >
              Revoke
            </Button>
          </li>
        ))}
      </ul>
      <LeftOut unreadable={unreadable} of="session" className={sessions.length > 0 ? 'border-line border-t px-4 py-2' : 'mt-2'} />
    </Card>
  )
}
