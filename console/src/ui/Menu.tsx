import clsx from 'clsx'
import { Check, ChevronDown } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import { buttonClass } from './Button.tsx'

const surface =
  'appear z-40 min-w-44 max-w-80 overflow-y-auto rounded-lg bg-panel p-1 text-sm shadow-over max-h-(--radix-dropdown-menu-content-available-height)'
const itemClass =
  'flex min-h-7 cursor-default select-none items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-chosen data-highlighted:inset-ring data-highlighted:inset-ring-accent pointer-coarse:min-h-10'

/** A menu that leaves the page scrollable: nothing is injected into the document. */
export function Menu({ trigger, children, align = 'start' }: { trigger: ReactNode; children: ReactNode; align?: 'start' | 'end' }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Content align={align} sideOffset={4} collisionPadding={8} className={surface}>
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

export function Choices({ value, onChoose, groups }: { value: string; onChoose: (value: string) => void; groups: readonly ChoiceGroup[] }) {
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

type FilterMenuProps = { label: string; value: string; onChoose: (value: string) => void; groups: readonly ChoiceGroup[] }

/** A filter that is chosen from a list. */
export function FilterMenu({ label, value, onChoose, groups }: FilterMenuProps) {
  return (
    <Menu
      trigger={
        <button type="button" className={clsx(buttonClass('plain', 'small'), 'text-soft')}>
          {label}
          <ChevronDown aria-hidden="true" className="text-faint" />
        </button>
      }
    >
      <Choices value={value} onChoose={onChoose} groups={groups} />
    </Menu>
  )
}
