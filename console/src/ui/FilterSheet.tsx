import { SlidersHorizontal } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'

type Props = {
  /** How many filters are in force. */
  count: number
  /** What stands at the foot of the sheet, which closes by `close`. */
  footer: (close: () => void) => ReactNode
  children: (close: () => void) => ReactNode
}

/** All filters in one place, where there is no room for them side by side. */
export function FilterSheet({ count, footer, children }: Props) {
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <>
      <Button icon={<SlidersHorizontal aria-hidden="true" />} onClick={() => setOpen(true)} className="pointer-coarse:h-10">
        Filters{count > 0 ? ` (${count})` : ''}
      </Button>
      {isOpen ? (
        <Dialog title="Filters" onClose={close} footer={footer(close)}>
          {children(close)}
        </Dialog>
      ) : null}
    </>
  )
}
