import { useQuery } from '@tanstack/react-query'
import { Outlet, useLocation } from '@tanstack/react-router'
import { Suspense, useEffect, useRef } from 'react'
import { isForbidden } from '../../api/failure.ts'
import { meQuery, useMe } from '../../api/me.ts'
import { lazyPart, notLoaded } from '../../ui/lazyPart.tsx'
import { Mark } from '../../ui/Mark.tsx'
import { FailedPage, Loading } from '../../ui/States.tsx'
import { Forbidden } from './Forbidden.tsx'
import { Lines } from './Lines.tsx'
import { Overlays } from './Overlays.tsx'
import { mayOpen, rolesOf } from './pages.ts'
import { BottomBar, Rail } from './Rail.tsx'
import { TopBar } from './TopBar.tsx'
import { useKeys } from './useKeys.ts'

const RoleMissing = lazyPart(
  async () => (await import('./RoleMissing.tsx')).RoleMissing,
  ({ onRetry }) => <FailedPage error={notLoaded()} onRetry={onRetry} />,
)

export function Shell() {
  const { data: me, error, refetch } = useQuery(meQuery)
  if (me) return <Frame />
  if (!error) return <Starting />
  if (isForbidden(error)) return <Forbidden error={error} />
  return (
    <main>
      <FailedPage error={error} onRetry={() => void refetch()} />
    </main>
  )
}

function Frame() {
  useKeys()
  const me = useMe()
  const { pathname } = useLocation()
  const main = useRef<HTMLElement>(null)

  // A new page begins at its top, and is what assistive technology reads next.
  const last = useRef(pathname)
  useEffect(() => {
    if (last.current === pathname) return
    last.current = pathname
    main.current?.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [pathname])

  const isOpen = mayOpen(me, pathname)
  return (
    <div className="flex h-full flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-panel focus:px-3 focus:py-2 focus:shadow-over"
      >
        Skip to the page
      </a>
      <Lines />
      <div className="flex min-h-0 flex-1">
        <Rail />
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar />
          <main id="main" ref={main} tabIndex={-1} className="relative min-h-0 flex-1 overflow-x-clip overflow-y-auto outline-none">
            <Suspense fallback={<PageLoading />}>{isOpen ? <Outlet /> : <RoleMissing needed={rolesOf(pathname)} />}</Suspense>
          </main>
        </div>
      </div>
      <BottomBar />
      <Overlays />
    </div>
  )
}

function PageLoading() {
  return (
    <div className="mx-auto w-full max-w-[1440px] px-6 pt-6">
      <Loading />
    </div>
  )
}

function Starting() {
  return (
    <main className="flex h-full items-center justify-center" aria-busy="true">
      <span className="animate-pulse">
        <Mark size={32} />
      </span>
      <h1 className="sr-only">Countersign is starting</h1>
    </main>
  )
}
