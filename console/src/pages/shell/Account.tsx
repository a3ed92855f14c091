import type { Me } from '@countersign/contract/staff.ts'
import { lazyPart } from '../../ui/lazyPart.tsx'
import { PopupNotLoaded } from '../../ui/NotLoaded.tsx'
import { Opener } from '../../ui/Opener.tsx'
import { Avatar } from '../../ui/Person.tsx'

export const AccountMenu = lazyPart(async () => (await import('./AccountMenu.tsx')).AccountMenu, PopupNotLoaded)

/** Who I am, with roles, theme and the way out. */
export function Account({ me }: { me: Me }) {
  return (
    <Opener
      popup="menu"
      className="flex h-8 pointer-coarse:h-10 pointer-coarse:min-w-10 items-center justify-center gap-2 rounded-md px-1.5 text-sm transition-colors hover:bg-sunk"
      popped={(opened) => <AccountMenu {...opened} me={me} />}
    >
      <Avatar of={me.staff.name} kind="staff" size={22} />
      <span className="sr-only">Account of </span>
      <span className="max-w-44 truncate max-xl:sr-only">{me.staff.email}</span>
    </Opener>
  )
}
