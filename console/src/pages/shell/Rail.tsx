import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import clsx from 'clsx'
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react'
import { useState } from 'react'
import { waitingCountQuery } from '../../api/actions.ts'
import { canApprove, canReadSessions, useMe } from '../../api/me.ts'
import { sessionCountersQuery } from '../../api/sessions.ts'
import { IconButton } from '../../ui/Button.tsx'
import { formatNumber } from '../../ui/format.ts'
import { Mark } from '../../ui/Mark.tsx'
import { type PageEntry, pagesFor } from './pages.ts'

const place = 'countersign-rail'

/** What the rail counts beside a page: open sessions, and requests that wait for me. */
const useCounts = (): Partial<Record<PageEntry['name'], Count>> => {
  const me = useMe()
  const active = useQuery({ ...sessionCountersQuery, enabled: canReadSessions(me) }).data?.active
  const waiting = useQuery({ ...waitingCountQuery, enabled: canApprove(me) }).data
  return {
    ...(active ? { Sessions: { count: active, word: 'active' } } : {}),
    ...(waiting ? { Approvals: { count: waiting, word: 'waiting for you' } } : {}),
  }
}
type Count = { count: number; word: string }

export function Rail() {
  const me = useMe()
  const counts = useCounts()
  const [isChosen, setChosen] = useState(() => localStorage.getItem(place) === 'narrow')
  // The product needs the room.
  const isView = useLocation().pathname.endsWith('/view')
  const isNarrow = isChosen || isView
  const toggle = () => {
    localStorage.setItem(place, isChosen ? 'wide' : 'narrow')
    setChosen(!isChosen)
  }
  return (
    <nav
      aria-label="Pages"
      className={clsx('flex shrink-0 flex-col border-line border-r bg-page max-md:hidden', isNarrow ? 'w-14' : 'w-54 max-xl:w-14')}
    >
      <div
        className={clsx(
          'flex h-12 items-center gap-2.5 px-4 font-semibold',
          isNarrow && 'justify-center px-0',
          'max-xl:justify-center max-xl:px-0',
        )}
      >
        <Mark />
        <span className={clsx('tracking-[-0.01em] max-xl:hidden', isNarrow && 'hidden')}>Countersign</span>
      </div>
      <div className="flex flex-1 flex-col gap-0.5 px-2 pt-2">
        {pagesFor(me).map((page) => (
          <RailLink key={page.name} page={page} isNarrow={isNarrow} count={counts[page.name]} />
        ))}
      </div>
      <div className={clsx('flex px-2 pb-2 max-xl:hidden', isNarrow ? 'justify-center' : 'justify-end')}>
        {isView ? null : (
          <IconButton
            label={isNarrow ? 'Expand the sidebar' : 'Collapse the sidebar'}
            icon={isNarrow ? <PanelLeftOpen /> : <PanelLeftClose />}
            onClick={toggle}
          />
        )}
      </div>
    </nav>
  )
}

function RailLink({ page, isNarrow, count }: { page: PageEntry; isNarrow: boolean; count: Count | undefined }) {
  const Icon = page.icon
  return (
    <Link
      {...page.link}
      activeOptions={{ includeSearch: false }}
      activeProps={{ className: 'bg-sunk text-ink font-medium [&_svg]:text-accent' }}
      inactiveProps={{ className: 'text-soft hover:bg-hover hover:text-ink' }}
      data-tip={isNarrow ? page.name : undefined}
      className={clsx(
        'relative flex h-8 pointer-coarse:h-10 items-center gap-2.5 rounded-md px-2.5 text-sm transition-colors max-xl:justify-center max-xl:px-0',
        isNarrow && 'justify-center !px-0',
      )}
    >
      <Icon aria-hidden="true" className="size-4 shrink-0" strokeWidth={1.75} />
      <span className={clsx('max-xl:sr-only', isNarrow && 'sr-only')}>{page.name}</span>
      {count ? (
        <>
          <span
            data-tip={`${formatNumber(count.count)} ${count.word}`}
            className={clsx(
              'ml-auto rounded-sm bg-accent-wash px-1.5 font-medium text-accent text-xs nums max-xl:hidden',
              isNarrow && 'hidden',
            )}
          >
            {formatNumber(count.count)}
            <span className="sr-only"> {count.word}</span>
          </span>
          <span
            aria-hidden="true"
            className={clsx('absolute top-1.5 right-2 size-1.5 rounded-full bg-accent xl:hidden', isNarrow && '!block')}
          />
        </>
      ) : null}
    </Link>
  )
}

/** How many pages a phone has room for; the others are in the palette. */
const phonePages = 5

/** The rail of a phone. */
export function BottomBar() {
  const me = useMe()
  const counts = useCounts()
  return (
    <nav aria-label="Pages" className="flex shrink-0 border-line border-t bg-panel pb-[env(safe-area-inset-bottom)] md:hidden">
      {pagesFor(me)
        .slice(0, phonePages)
        .map((page) => {
          const Icon = page.icon
          const count = counts[page.name]
          return (
            <Link
              key={page.name}
              {...page.link}
              activeOptions={{ includeSearch: false }}
              activeProps={{ className: 'text-accent font-medium' }}
              inactiveProps={{ className: 'text-soft' }}
              className="relative flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-xs -outline-offset-2"
            >
              <Icon aria-hidden="true" className="size-5" strokeWidth={1.75} />
              {page.name}
              {count ? (
                <span className="absolute top-1 left-1/2 ml-2 rounded-full bg-accent-fill px-1.5 font-medium text-[10px] text-on-accent leading-4 nums">
                  {formatNumber(count.count)}
                  <span className="sr-only"> {count.word}</span>
                </span>
              ) : null}
            </Link>
          )
        })}
    </nav>
  )
}
