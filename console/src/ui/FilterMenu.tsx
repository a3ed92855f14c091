import clsx from 'clsx'
import { ChevronDown } from 'lucide-react'
import { buttonClass } from './Button.tsx'
import { lazyPart } from './lazyPart.tsx'
import type { ChoicesProps } from './Menu.tsx'
import { PopupNotLoaded } from './NotLoaded.tsx'
import { Opener } from './Opener.tsx'

export const ChoiceMenu = lazyPart(async () => (await import('./Menu.tsx')).ChoiceMenu, PopupNotLoaded)

/** A filter that is chosen from a list. */
export function FilterMenu({ label, ...choices }: ChoicesProps & { label: string }) {
  return (
    <Opener
      popup="menu"
      className={clsx(buttonClass('plain', 'small'), 'text-soft')}
      popped={(opened) => <ChoiceMenu {...opened} {...choices} />}
    >
      {label}
      <ChevronDown aria-hidden="true" className="text-faint" />
    </Opener>
  )
}
