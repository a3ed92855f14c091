import clsx from 'clsx'
import { Fragment, type ReactNode, useId } from 'react'

type Props = { title?: ReactNode; aside?: ReactNode; children: ReactNode; flush?: boolean; className?: string }

/** Rows end with the card, and begin and end where its title does. */
const flushClass = '[&_tbody>tr:last-child>td]:border-b-0 [&_tr>*:first-child]:pl-4 [&_tr>*:last-child]:pr-4'

export function Card({ title, aside, children, flush = false, className }: Props) {
  const id = useId()
  return (
    <section
      aria-labelledby={title ? id : undefined}
      className={clsx('min-w-0 rounded-lg border border-line bg-panel [--table-head:var(--color-panel)]', className)}
    >
      {title ? (
        <header className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-line border-b px-4 py-1.5">
          <h2 id={id} className="wrap-anywhere min-w-40 flex-1 font-semibold text-sm">
            {title}
          </h2>
          {aside}
        </header>
      ) : null}
      <div className={flush ? flushClass : 'px-4 py-3'}>{children}</div>
    </section>
  )
}

export type Fact = readonly [label: string, value: ReactNode]

/** Names and values, one under the other. Values that are not there are left out. */
export function Facts({ facts }: { facts: readonly (Fact | false | null | undefined)[] }) {
  return (
    <dl className="grid grid-cols-[minmax(84px,max-content)_minmax(0,1fr)] content-start items-baseline gap-x-5 gap-y-2 text-sm">
      {facts.map((fact) =>
        fact ? (
          <Fragment key={fact[0]}>
            <dt className="text-faint">{fact[0]}</dt>
            <dd className="wrap-anywhere min-w-0">{fact[1]}</dd>
          </Fragment>
        ) : null,
      )}
    </dl>
  )
}
