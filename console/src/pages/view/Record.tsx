import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import type { AccessLogFile, AccessLogRow } from '@countersign/contract/sessions.ts'
import { Link } from '@tanstack/react-router'
import clsx from 'clsx'
import { ArrowUpRight, CornerUpLeft, Waypoints, X } from 'lucide-react'
import { useRef } from 'react'
import type { StreamState } from '../../api/stream.ts'
import { paths } from '../../paths.ts'
import { IconButton } from '../../ui/Button.tsx'
import { useFocusBack } from '../../ui/focus.ts'
import { formatBytes, formatDuration, plural } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { LivePill } from '../../ui/LivePill.tsx'
import { Empty, FailureNote, Loading } from '../../ui/States.tsx'
import { TimeOfDay } from '../../ui/Time.tsx'
import { FileList } from '../sessions/FileList.tsx'
import { refusedSentence } from './sentences.ts'

/** More than anybody scrolls through beside a page; the access log has all of them. */
const most = 200

type Props = {
  sessionId: string
  rows: readonly AccessLogRow[] | undefined
  error: unknown
  live: StreamState
  catalogue: ScopeCatalogue
  onOpen: (path: string) => void
  onClose: () => void
}

/** Every request of the session as it is made, beside the page that makes it. What was refused is said in words. */
export function Record({ sessionId, rows, error, live, catalogue, onOpen, onClose }: Props) {
  const place = useRef<HTMLElement>(null)
  useFocusBack(place)
  return (
    <aside
      ref={place}
      id="view-record"
      aria-label="Record"
      className="flex min-h-0 min-w-0 flex-col border-line border-l bg-page max-lg:absolute max-lg:inset-0 max-lg:z-20 max-lg:border-l-0"
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <header className="flex h-10 shrink-0 items-center gap-2 border-line border-b pr-1.5 pl-3">
        <h2 className="font-semibold text-sm">Record</h2>
        <LivePill state={live} held={false} waiting={0} onShow={() => {}} words="" />
        <Link
          {...paths.session(sessionId)}
          className="ml-auto inline-flex min-h-6 items-center gap-0.5 text-accent text-xs hover:underline pointer-coarse:min-h-10"
        >
          Access Logs <ArrowUpRight aria-hidden="true" className="size-3" />
        </Link>
        <IconButton label="Hide the record" icon={<X />} onClick={onClose} />
      </header>
      {error && !rows ? (
        <div className="p-3">
          <FailureNote error={error} />
        </div>
      ) : null}
      {!rows && !error ? (
        <div className="px-3">
          <Loading />
        </div>
      ) : null}
      {rows?.length === 0 ? (
        <Empty icon={Waypoints} title="No requests yet">
          Each request of the page appears here as it is made, refused ones too.
        </Empty>
      ) : null}
      <Latest rows={rows} catalogue={catalogue} />
      {rows && rows.length > 0 ? (
        <ul
          aria-label="Requests, newest first"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
          className="min-h-0 flex-1 divide-y divide-line overflow-y-auto -outline-offset-2"
        >
          {rows.slice(0, most).map((row) => (
            <li key={row.request_id}>
              {row.outcome === 'refused' ? <Refused row={row} catalogue={catalogue} /> : <Made row={row} onOpen={onOpen} />}
            </li>
          ))}
        </ul>
      ) : null}
    </aside>
  )
}

/** For those who do not see the list: the newest refusal, as it comes. */
function Latest({ rows, catalogue }: Pick<Props, 'rows' | 'catalogue'>) {
  const refused = rows?.find(({ outcome }) => outcome === 'refused')
  return (
    <p role="status" className="sr-only">
      {refused ? refusedSentence(refused, catalogue) : ''}
    </p>
  )
}

function Refused({ row, catalogue }: { row: AccessLogRow; catalogue: ScopeCatalogue }) {
  return (
    <div className="border-warn border-l-2 bg-warn-wash px-3 py-2 text-sm">
      <p className="wrap-anywhere">
        <Inert text={refusedSentence(row, catalogue)} />
      </p>
      <p className="mt-0.5 flex min-w-0 items-baseline gap-2 text-xs">
        <TimeOfDay at={row.at} />
        <span className="id text-warn">{row.code}</span>
        <span data-tip={row.path ?? undefined} data-cut className="id min-w-0 truncate text-soft">
          {row.method} <Inert text={row.path} />
        </span>
      </p>
    </div>
  )
}

const tone = ({ outcome, status }: AccessLogRow) =>
  outcome === 'cut' || outcome === 'failed' || (status ?? 0) >= 500 ? 'text-bad' : (status ?? 0) >= 400 ? 'text-warn' : 'text-soft'

/** A page that was gone to by itself: what its scripts asked for is no page. */
const canOpen = ({ via, method }: AccessLogRow): boolean => via === 'navigation' && method === 'GET'

/** The static files of a page, as one line that opens. */
function Files({ row, files }: { row: AccessLogRow; files: readonly AccessLogFile[] }) {
  return (
    <details className="px-3 py-1.5 text-xs">
      <summary className="cursor-pointer text-soft">
        <TimeOfDay at={row.at} /> {plural(files.length, 'file')}
        {row.bytes === null ? '' : `, ${formatBytes(row.bytes)}`}
      </summary>
      <FileList files={files} />
    </details>
  )
}

function Made({ row, onOpen }: { row: AccessLogRow; onOpen: (path: string) => void }) {
  if (row.files && row.files.length > 0) return <Files row={row} files={row.files} />
  const { path, status, outcome, duration_ms: duration } = row
  return (
    <div className="group relative flex min-w-0 items-baseline gap-2 px-3 py-1.5 text-xs">
      <TimeOfDay at={row.at} />
      <span className={clsx('id shrink-0 font-medium', row.method !== 'GET' && 'text-warn')}>{row.method}</span>
      <span data-tip={path ?? undefined} data-cut className="id min-w-0 flex-1 truncate">
        <Inert text={path} />
      </span>
      {duration === null ? null : <span className="shrink-0 text-faint nums group-hover:invisible">{formatDuration(duration)}</span>}
      <span className={clsx('id w-7 shrink-0 text-right', tone(row))}>
        {outcome === 'admitted' ? '…' : outcome === 'cut' ? 'cut' : (status ?? '–')}
      </span>
      {path !== null && canOpen(row) ? (
        <button
          type="button"
          aria-label={`Open ${path}`}
          data-tip="Open this route"
          onClick={() => onOpen(path)}
          className="absolute top-0.5 right-10 inline-flex size-6 items-center justify-center rounded-sm bg-page text-accent opacity-0 focus-visible:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100"
        >
          <CornerUpLeft aria-hidden="true" className="size-3.5" />
        </button>
      ) : null}
    </div>
  )
}
