import { Ban, CircleSlash, type LucideIcon, TriangleAlert } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { isFailure } from '../api/failure.ts'
import { Button } from './Button.tsx'
import { CopyIcon } from './Copy.tsx'

/** What would be here, and how it comes. */
export function Empty({ title, children, icon: Icon }: { title: string; children?: ReactNode; icon?: LucideIcon }) {
  return (
    <div className="flex flex-col items-center gap-1 px-6 py-14 text-center">
      {Icon ? <Icon aria-hidden="true" strokeWidth={1.5} className="mb-2 size-6 text-faint" /> : null}
      <p className="font-medium text-base">{title}</p>
      {children ? <div className="max-w-[52ch] text-faint text-sm">{children}</div> : null}
    </div>
  )
}

const wordsOf = (error: unknown) =>
  isFailure(error)
    ? { title: error.message, hint: error.hint, code: error.code, requestId: error.requestId, details: error.details }
    : { title: 'Something is wrong with this page.', hint: 'Load it again.', code: 'console_fault', requestId: undefined, details: [] }

/** An error where it happened: the sentence, what to do, the code and the request id for whoever looks into it. */
export function FailureNote({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const { title, hint, code, requestId, details } = wordsOf(error)
  return (
    <div role="alert" className="flex items-start gap-3 rounded-md border border-bad-edge bg-bad-wash px-3 py-2.5 text-sm">
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        <p className="text-soft">{hint}</p>
        {details.map((detail) => (
          <p key={`${detail.path} ${detail.message}`} className="text-soft">
            <span className="id">{detail.path}</span> {detail.message}
          </p>
        ))}
        <p className="mt-1 flex flex-wrap items-center gap-x-2 text-soft text-xs">
          <span className="id">{code}</span>
          {requestId ? (
            <span className="inline-flex items-center">
              <span className="id break-all">{requestId}</span>
              <CopyIcon text={requestId} what="request id" />
            </span>
          ) : null}
        </p>
      </div>
      {onRetry ? (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  )
}

type FailedProps = {
  error: unknown
  onRetry?: (() => void) | undefined
  /** What would have been here. */
  title?: string
  above?: ReactNode
  /** The way on. */
  children?: ReactNode
}

/** A whole page that could not be shown. */
export function FailedPage({ error, onRetry, title: page, above, children }: FailedProps) {
  const { title, hint, code, requestId } = wordsOf(error)
  const status = isFailure(error) ? error.status : 0
  const words = status === 403 ? 'No access' : status === 404 ? 'Nothing here' : 'Not shown'
  useEffect(() => {
    document.title = `${page ? `${page}: ${words.toLowerCase()}` : words} · Countersign`
  }, [page, words])
  const Icon = status === 403 ? Ban : status === 404 ? CircleSlash : TriangleAlert
  return (
    <>
      {above ? <div className="mx-auto w-full max-w-[1440px] px-6 pt-5 max-md:px-4 max-md:pt-4">{above}</div> : null}
      <div className="mx-auto flex max-w-[52ch] flex-col items-center gap-1 px-6 py-24 text-center max-sm:py-16" role="alert">
        <Icon aria-hidden="true" strokeWidth={1.5} className="mb-3 size-7 text-faint" />
        <h1 className="font-semibold text-lg">{title}</h1>
        <p className="text-soft">{hint}</p>
        <p className="mt-3 flex flex-wrap items-center justify-center gap-x-2 text-faint text-xs">
          <span className="id">{code}</span>
          {requestId ? <span className="id break-all">{requestId}</span> : null}
        </p>
        {children}
        {onRetry && status !== 403 && status !== 404 ? (
          <Button className="mt-4" onClick={onRetry}>
            Try again
          </Button>
        ) : null}
      </div>
    </>
  )
}

export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <div role="status" className="flex flex-col gap-3 py-2">
      <span className="sr-only">Loading</span>
      {Array.from({ length: lines }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars without identity
        <span key={at} className="skeleton h-3.5" style={{ width: `${85 - ((at * 23) % 45)}%` }} />
      ))}
    </div>
  )
}
