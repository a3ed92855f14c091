import type { Me } from '@countersign/contract/staff.ts'
import { useNavigate } from '@tanstack/react-router'
import { Fingerprint, Keyboard, LogOut } from 'lucide-react'
import { paths } from '../../paths.ts'
import { RoleBadge } from '../../ui/Badge.tsx'
import { formatTimeOfDay } from '../../ui/format.ts'
import { Choices, Menu, MenuItem, MenuLine } from '../../ui/Menu.tsx'
import type { Opened } from '../../ui/Opener.tsx'
import { openOverlay } from '../../ui/overlay.ts'
import { setTheme, type Theme, useTheme } from '../../ui/theme.ts'
import { setZone, useZone, type Zone } from '../../ui/zone.ts'
import { leave } from './leave.ts'

const themes: readonly { value: Theme; label: string }[] = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

const times: readonly { value: Zone; label: string }[] = [
  { value: 'here', label: 'My time zone' },
  { value: 'utc', label: 'UTC' },
]

export function AccountMenu({ me, ...opened }: Opened & { me: Me }) {
  const theme = useTheme()
  const zone = useZone()
  const navigate = useNavigate()
  return (
    <Menu {...opened} align="end">
      <div className="flex flex-col gap-1 px-2 pt-1.5 pb-2">
        <p className="font-medium">{me.staff.email}</p>
        <p className="text-faint text-xs">{me.staff.name}</p>
        <p className="flex flex-wrap gap-1 pt-1">
          {me.staff.roles.map((role) => (
            <RoleBadge key={role} role={role} />
          ))}
        </p>
        <p className="pt-1 text-faint text-xs nums">Signed in until {formatTimeOfDay(me.expires_at)} at the latest</p>
      </div>
      <MenuLine />
      <Choices value={theme} onChoose={(value) => setTheme(value as Theme)} groups={[{ label: 'Theme', choices: themes }]} />
      <MenuLine />
      <Choices value={zone} onChoose={(value) => setZone(value as Zone)} groups={[{ label: 'Times', choices: times }]} />
      <MenuLine />
      <MenuItem icon={<Fingerprint />} onSelect={() => void navigate(paths.keys())}>
        My keys
      </MenuItem>
      <MenuItem icon={<Keyboard />} onSelect={() => openOverlay({ kind: 'keys' })}>
        Shortcuts
        <kbd className="ml-auto text-faint text-xs">?</kbd>
      </MenuItem>
      <MenuItem icon={<LogOut />} onSelect={() => leave(me)}>
        Sign out
      </MenuItem>
    </Menu>
  )
}
