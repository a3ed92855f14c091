import { type ReactNode, useEffect } from 'react'

type Props = {
  title: string
  heading?: ReactNode
  state?: ReactNode
  acts?: ReactNode
  above?: ReactNode
  below?: ReactNode
  children: ReactNode
}

/** What it is, its state, and its main act at the right; then the rest of the page. */
export function Page({ title, heading, state, acts, above, below, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Countersign`
  }, [title])
  return (
    <div className="mx-auto flex w-full max-w-[1440px] flex-col gap-4 break-words px-6 pt-5 pb-10 max-md:px-4 max-md:pt-4">
      <div className="flex flex-col gap-1.5">
        {above}
        <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
          <h1 data-tip={title} data-cut className="min-w-0 max-w-full truncate font-semibold text-xl tracking-[-0.011em]">
            {heading ?? title}
          </h1>
          {state}
          {acts ? <div className="ml-auto flex flex-wrap items-center gap-2 max-sm:ml-0 max-sm:w-full">{acts}</div> : null}
        </div>
        {below}
      </div>
      {children}
    </div>
  )
}
