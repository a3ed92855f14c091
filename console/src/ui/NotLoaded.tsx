import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { notLoaded } from './lazyPart.tsx'
import type { Opened } from './Opener.tsx'
import { FailureNote } from './States.tsx'

type Props = { onRetry: () => void; onClose: () => void }

/** Stands where a dialog would be that could not be fetched yet. */
export function DialogNotLoaded({ onRetry, onClose }: Props) {
  return (
    <Dialog title="Not loaded yet" onClose={onClose} footer={<Button onClick={onClose}>Close</Button>}>
      <FailureNote error={notLoaded()} onRetry={onRetry} />
    </Dialog>
  )
}

/** The same for what opens beside a button: nothing until it is asked for, then the reason why it does not open. */
export function PopupNotLoaded({ isOpen, onOpen, onRetry }: Pick<Opened, 'isOpen' | 'onOpen'> & Pick<Props, 'onRetry'>) {
  return isOpen ? <DialogNotLoaded onRetry={onRetry} onClose={() => onOpen(false)} /> : null
}
