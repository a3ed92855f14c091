import { endingEvents, type LoggedEvent } from '@countersign/contract/events.ts'
import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { Session } from '@countersign/contract/sessions.ts'
import { viewSandbox } from '@countersign/contract/views.ts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import clsx from 'clsx'
import { useCallback, useEffect, useState } from 'react'
import { client } from '../../api/client.ts'
import { useNow } from '../../api/clock.ts'
import { useMe } from '../../api/me.ts'
import { scopesQuery, sessionQuery } from '../../api/sessions.ts'
import { secondsLeft } from '../../ui/Countdown.tsx'
import { Crumbs } from '../../ui/Crumbs.tsx'
import { Page } from '../../ui/Page.tsx'
import { FailedPage, Loading } from '../../ui/States.tsx'
import { isAtLeast, useWidth } from '../../ui/width.ts'
import { AddressLine } from './AddressLine.tsx'
import { Banner, subjectOf } from './Banner.tsx'
import { ClosedByOther, Ended, NotShown } from './Instead.tsx'
import { readPath } from './path.ts'
import { Record } from './Record.tsx'
import { placeOf } from './routes.ts'
import { startPath } from './start.ts'
import { useRecord } from './useRecord.ts'
import { useView, type ViewState } from './useView.ts'

/** The product as its user sees it, in a frame that can neither leave its place nor change what stands around it. */
export function ViewPage() {
  const { sessionId } = useParams({ from: '/shell/sessions/$sessionId/view' })
  const { data: session, error, refetch } = useQuery(sessionQuery(sessionId))
  const { data: catalogue, error: noScopes, refetch: refetchScopes } = useQuery(scopesQuery)
  const failure = (!session && error) || (!catalogue && noScopes)
  const retry = () => void Promise.all([refetch(), refetchScopes()])
  if (failure) return <FailedPage title="View" above={<Crumbs to="Sessions" />} error={failure} onRetry={retry} />
  if (!session || !catalogue)
    return (
      <Page title="View">
        <Loading />
      </Page>
    )
  return <View session={session} catalogue={catalogue} />
}

const place = 'countersign-view-record'

const useFold = () => {
  const isWide = isAtLeast(useWidth(), 'lg')
  const [kept, setKept] = useState(() => localStorage.getItem(place) !== 'folded')
  const [isSheet, setSheet] = useState(false)
  const toggle = useCallback(() => {
    if (!isWide) return setSheet((now) => !now)
    localStorage.setItem(place, kept ? 'folded' : 'open')
    setKept(!kept)
  }, [isWide, kept])
  return { isOpen: isWide ? kept : isSheet, toggle }
}

const endings: readonly string[] = endingEvents

/** The path of a page that was gone to. Where the page inside is, it does not tell: the record does. */
const placeGoneTo = ({ action, request, details }: LoggedEvent): string | undefined => {
  const isBegin = action === 'SUPPORT_SESSION.REQUEST.ADMITTED' || action === 'SUPPORT_SESSION.REQUEST.REFUSED'
  const isGone = isBegin && details !== undefined && 'via' in details && details.via === 'navigation' && request?.method === 'GET'
  return isGone && request?.path !== undefined && readPath(request.path).path === request.path ? request.path : undefined
}

function View({ session, catalogue }: { session: Session; catalogue: ScopeCatalogue }) {
  const { product_name: product } = useMe()
  const navigate = useNavigate({ from: '/sessions/$sessionId/view' })
  const { path = startPath(catalogue, session) } = useSearch({ from: '/shell/sessions/$sessionId/view' })
  const now = useNow(1)
  const [hasEnded, setEnded] = useState(false)
  const isOver = hasEnded || session.standing !== 'usable' || secondsLeft(session.expires_at, now) <= 0
  const view = useView(session.id, !isOver, placeOf(catalogue, path))
  const stay = (to: string) => void navigate({ search: { path: to }, replace: true })
  const onEvents = (events: readonly LoggedEvent[]) => {
    const to = events.map(placeGoneTo).find((place) => place !== undefined)
    if (to !== undefined) stay(to)
    for (const event of events) {
      if (event.action === 'SUPPORT_SESSION.VIEW.CLOSED') view.onClosed(event.details.view_id)
      if (endings.includes(event.action)) setEnded(true)
    }
    if (events.some(({ action }) => !action.startsWith('SUPPORT_SESSION.REQUEST.')))
      void client.invalidateQueries({ queryKey: ['sessions'] })
  }
  const { rows, error, live } = useRecord(session.id, onEvents)
  useEndSoon(session.id, isOver)
  const fold = useFold()
  const { who } = subjectOf(session)
  useEffect(() => {
    document.title = `${who} · stepped in · Countersign`
  }, [who])
  const go = (to: string) => {
    stay(to)
    view.go(placeOf(catalogue, to))
  }
  return (
    <div className="isolate grid h-full grid-cols-[minmax(0,1fr)] grid-rows-[auto_auto_minmax(0,1fr)] overflow-hidden">
      <Banner session={session} isOver={isOver} />
      <AddressLine
        session={session}
        catalogue={catalogue}
        origin={product}
        path={path}
        isReady={!isOver && view.state.at === 'shown'}
        onGo={go}
        record={{ isOpen: fold.isOpen, refused: rows?.filter(({ outcome }) => outcome === 'refused').length ?? 0, onToggle: fold.toggle }}
      />
      <div className={clsx('relative z-0 grid min-h-0 grid-cols-[minmax(0,1fr)]', fold.isOpen && 'lg:grid-cols-[minmax(0,1fr)_340px]')}>
        <div className="relative min-h-0 min-w-0 overflow-hidden bg-sunk [contain:strict]">
          {isOver ? <Ended session={session} /> : <Stage view={view} session={session} title={`${product} as ${who}`} />}
        </div>
        {fold.isOpen ? (
          <Record sessionId={session.id} rows={rows} error={error} live={live} catalogue={catalogue} onOpen={go} onClose={fold.toggle} />
        ) : null}
      </div>
    </div>
  )
}

/** The end is asked for, too: its event has to be put in order first, and the stream may be away. */
const useEndSoon = (sessionId: string, isOver: boolean) => {
  useQuery({ ...sessionQuery(sessionId), refetchInterval: isOver ? 10_000 : 400, refetchIntervalInBackground: true })
}

const words = (state: ViewState): string | null => {
  if (state.at === 'opening') return 'Opening the product'
  if (state.at !== 'entering') return null
  const { length } = state.view.origins
  return length > 1 ? `Stepping in, ${state.step + 1} of ${length}` : 'Stepping in'
}

type StageProps = { view: ReturnType<typeof useView>; session: Session; title: string }

function Stage({ view: { state, place, frame, again }, session, title }: StageProps) {
  if (state.at === 'failed') return <NotShown session={session} error={state.error} onAgain={again} />
  if (state.at === 'closed') return <ClosedByOther session={session} onAgain={again} />
  if (state.at === 'shown')
    return (
      <iframe
        key={state.view.view_id}
        ref={frame}
        src={state.address}
        title={title}
        sandbox={viewSandbox}
        referrerPolicy="no-referrer"
        allow=""
        className="block size-full border-0 bg-[Canvas]"
      />
    )
  return (
    <>
      <div ref={place} />
      <p role="status" className="absolute inset-0 flex items-center justify-center text-soft text-sm">
        <span className="animate-pulse">{words(state)}</span>
      </p>
    </>
  )
}
