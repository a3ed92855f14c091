import { type ReactNode, useEffect } from 'react'
import { useNow } from '../api/clock.ts'
import { useStaleSince } from '../api/connection.ts'
import { Tag } from './Badge.tsx'
import { Clock } from './Time.tsx'

type Props = {
  title: string
  heading?: ReactNode
  state?: ReactNode
  acts?: ReactNode
  above?: ReactNode
  below?: ReactNode
  /** When what it shows was read, for a page that is not read again by itself. */
  readAt?: number
  children: ReactNode
}

/** What it is, its state, and its main act at the right; then the rest of the page. */
export function Page({ title, heading, state, acts, above, below, readAt, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Countersign`
  }, [title])
  return (
    <div className="mx-auto flex w-full max-w-[1440px] flex-col gap-4 break-words px-6 pt-5 pb-10 max-md:px-4 max-md:pt-4">
      <div className="flex flex-col gap-1.5">
        {above}
        <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1.5">
          <h1 data-tip={title} data-cut className="min-w-0 max-w-full truncate font-semibold text-xl tracking-[-0.011em]">
            {heading ?? title}
          </h1>
          {state}
          <Stale />
          {readAt ? <ReadAt at={readAt} /> : null}
          {below ? <div className="min-w-0 basis-full sm:order-2">{below}</div> : null}
          {acts ? <div className="flex flex-wrap items-center gap-2 max-sm:mt-1.5 max-sm:w-full sm:order-1 sm:ml-auto">{acts}</div> : null}
        </div>
      </div>
      {children}
    </div>
  )
}

function Stale() {
  const since = useStaleSince()
  return since === null ? null : (
    <Tag tone="amber">
      stale · as of <Clock at={since} />
    </Tag>
  )
}

const freshMs = 60_000

/** What has been on the screen for a while says how long. */
function ReadAt({ at }: { at: number }) {
  const isLost = useStaleSince() !== null
  useNow(5)
  if (isLost || Date.now() - at < freshMs) return null
  return (
    <span className="text-faint text-xs nums">
      as of <Clock at={at} />
    </span>
  )
}
