import type { Session } from '@countersign/contract/sessions.ts'
import { useNavigate } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { Countdown } from '../../ui/Countdown.tsx'
import { shortId } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { Menu, MenuItem } from '../../ui/Menu.tsx'
import type { Opened } from '../../ui/Opener.tsx'
import { nameOf } from './useMyOpenSessions.ts'

export function MySessionsMenu({ sessions, ...opened }: Opened & { sessions: readonly Session[] }) {
  const navigate = useNavigate()
  return (
    <Menu {...opened} align="end">
      {sessions.map((session) => (
        <MenuItem key={session.id} onSelect={() => void navigate(paths.session(session.id))}>
          <span className="flex min-w-0 flex-1 flex-col py-1">
            <span className="truncate">
              <Inert text={nameOf(session)} />
              {session.target_user_id ? (
                <span className="text-faint"> · {session.target_user_label ?? shortId(session.target_user_id)}</span>
              ) : null}
            </span>
            <Inert text={session.reason} className="truncate text-faint text-xs" />
          </span>
          <Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} />
        </MenuItem>
      ))}
    </Menu>
  )
}
