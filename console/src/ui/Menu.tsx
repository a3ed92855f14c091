import clsx from 'clsx'
import { Check } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import { ButtonRef, type Opened } from './Opener.tsx'

const surface =
  'appear z-40 min-w-44 max-w-80 overflow-y-auto rounded-lg bg-panel p-1 text-sm shadow-over max-h-(--radix-dropdown-menu-content-available-height)'
const itemClass =
  'flex min-h-7 cursor-default select-none items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-chosen data-highlighted:inset-ring data-highlighted:inset-ring-accent pointer-coarse:min-h-10'

type MenuProps = Opened & { children: ReactNode; align?: 'start' | 'end' }

/** A menu that leaves the page scrollable: nothing is injected into the document. */
export function Menu({ button, isOpen, onOpen, children, align = 'start' }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false} open={isOpen} onOpenChange={onOpen}>
      <DropdownMenu.Trigger asChild>
        <ButtonRef button={button} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        aria-labelledby={button.id}
        align={align}
        sideOffset={4}
        collisionPadding={8}
        className={surface}
        // The button closes it by itself.
        onInteractOutside={(event) => {
          if (button.contains(event.target as Node)) event.preventDefault()
        }}
      >
        {children}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  )
}

export function MenuItem({ onSelect, icon, children }: { onSelect: () => void; icon?: ReactNode; children: ReactNode }) {
  return (
    <DropdownMenu.Item onSelect={onSelect} className={clsx(itemClass, '[&_svg]:size-3.5 [&_svg]:text-faint')}>
      {icon}
      {children}
    </DropdownMenu.Item>
  )
}

export const MenuLabel = ({ children }: { children: ReactNode }) => (
  <DropdownMenu.Label className="px-2 pt-1.5 pb-1 text-faint text-xs">{children}</DropdownMenu.Label>
)
export const MenuLine = () => <DropdownMenu.Separator className="-mx-1 my-1 h-px bg-line" />

export type Choice = { value: string; label: ReactNode }
type ChoiceGroup = { label?: string; choices: readonly Choice[] }

export type ChoicesProps = { value: string; onChoose: (value: string) => void; groups: readonly ChoiceGroup[] }

export function Choices({ value, onChoose, groups }: ChoicesProps) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={onChoose}>
      {groups.map((group, at) => (
        <div key={group.label ?? group.choices[0]?.value}>
          {at > 0 ? <MenuLine /> : null}
          {group.label ? <MenuLabel>{group.label}</MenuLabel> : null}
          {group.choices.map((choice) => (
            <DropdownMenu.RadioItem key={choice.value} value={choice.value} className={itemClass}>
              <span className="min-w-0 flex-1 truncate">{choice.label}</span>
              <DropdownMenu.ItemIndicator>
                <Check aria-hidden="true" className="size-3.5 text-accent" />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.RadioItem>
          ))}
        </div>
      ))}
    </DropdownMenu.RadioGroup>
  )
}

export function ChoiceMenu({ value, onChoose, groups, ...opened }: Opened & ChoicesProps) {
  return (
    <Menu {...opened}>
      <Choices value={value} onChoose={onChoose} groups={groups} />
    </Menu>
  )
}
