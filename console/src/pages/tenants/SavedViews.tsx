import { Bookmark, ChevronDown } from 'lucide-react'
import { Suspense } from 'react'
import { buttonClass } from '../../ui/Button.tsx'
import { lazyPart, notLoaded } from '../../ui/lazyPart.tsx'
import { Popover } from '../../ui/Popover.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import type { ViewsProps } from './ViewList.tsx'

/** What reads the views that are kept needs schemas: with the first look at them. */
const ViewList = lazyPart(
  async () => (await import('./ViewList.tsx')).ViewList,
  ({ onRetry }) => <FailureNote error={notLoaded()} onRetry={onRetry} />,
)

/** The views that are kept, in what closes as one of them is opened. */
export function ViewsWithin({ search, onOpen, close }: ViewsProps & { close: () => void }) {
  return (
    <Suspense fallback={<Loading lines={2} />}>
      <ViewList
        search={search}
        onOpen={(chosen) => {
          close()
          onOpen(chosen)
        }}
      />
    </Suspense>
  )
}

/** Filters and order that somebody comes back to, under a name. */
export function SavedViews({ search, onOpen }: ViewsProps) {
  return (
    <Popover
      label="Saved views"
      className="w-80 p-2"
      onNear={() => void ViewList.preload()}
      button={{
        className: `${buttonClass('plain', 'small')} text-soft`,
        children: (
          <>
            <Bookmark aria-hidden="true" />
            Views
            <ChevronDown aria-hidden="true" className="text-faint" />
          </>
        ),
      }}
    >
      {(close) => <ViewsWithin search={search} onOpen={onOpen} close={close} />}
    </Popover>
  )
}
