import { useVirtualizer } from '@tanstack/react-virtual'
import clsx from 'clsx'
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { FailureNote } from './States.tsx'
import { HeadCell, type Sort } from './TableHead.tsx'
import { useRowKeys } from './useRowKeys.ts'
import { isAtLeast, useWidth, type Width } from './width.ts'

export type Column<Row> = {
  id: string
  header: string
  cell: (row: Row) => ReactNode
  /** CSS width; columns without one share what is left. */
  width?: string
  from?: Width
  sorts?: boolean
  end?: boolean
}

export type TableProps<Row> = {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  /** The whole row in the room of a phone. */
  phone: (row: Row) => ReactNode
  phoneHeight?: number
  onOpen?: (row: Row) => void
  isChosen?: (row: Row) => boolean
  /** A heading above the first row for which it changes, such as the day. */
  divide?: (row: Row) => string
  sort?: Sort
  isLoading?: boolean
  error?: unknown
  onRetry?: () => void
  more?: { has: boolean; isLoading: boolean; load: () => void }
  empty: ReactNode
  onHold?: (held: boolean) => void
}

type Line<Row> = { kind: 'divider'; text: string } | { kind: 'row'; row: Row; at: number }
const rowHeight = 36
const dividerHeight = 30
const scroller = () => document.getElementById('main')

const toLines = <Row,>(rows: readonly Row[], divide: ((row: Row) => string) | undefined): Line<Row>[] => {
  if (!divide) return rows.map((row, at) => ({ kind: 'row', row, at }))
  const lines: Line<Row>[] = []
  let last = ''
  rows.forEach((row, at) => {
    const text = divide(row)
    if (text !== last) lines.push({ kind: 'divider', text })
    last = text
    lines.push({ kind: 'row', row, at })
  })
  return lines
}

/** The one table: sticky header, virtual rows on the page's own scroll, pages by cursor, j/k and Enter. */
export function Table<Row>(props: TableProps<Row>) {
  const {
    label,
    columns,
    rows,
    keyOf,
    phone,
    phoneHeight = 64,
    onOpen,
    isChosen,
    divide,
    sort,
    isLoading,
    error,
    onRetry,
    more,
    empty,
    onHold,
  } = props
  const width = useWidth()
  const isPhone = width === 'phone'
  const shown = useMemo(() => columns.filter((column) => isAtLeast(width, column.from ?? 'phone')), [columns, width])
  const lines = useMemo(() => toLines(rows, divide), [rows, divide])
  const body = useRef<HTMLTableElement>(null)
  const [margin, setMargin] = useState(0)

  // What stands above the table decides where it begins on the page's scroll.
  useLayoutEffect(() => {
    const main = scroller()
    const table = body.current
    if (!main || !table) return
    const measure = () => setMargin(Math.round(table.getBoundingClientRect().top - main.getBoundingClientRect().top + main.scrollTop))
    measure()
    const observer = new ResizeObserver(measure)
    for (const child of main.children) observer.observe(child)
    return () => observer.disconnect()
  }, [])

  const headHeight = isPhone ? 0 : rowHeight
  const heightOf = (at: number) => (lines[at]?.kind === 'divider' ? dividerHeight : isPhone ? phoneHeight : rowHeight)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: scroller,
    estimateSize: heightOf,
    overscan: 12,
    scrollMargin: margin + headHeight,
    scrollPaddingStart: headHeight + 4,
    scrollPaddingEnd: 8,
    getItemKey: (at) => {
      const line = lines[at]
      return line ? (line.kind === 'divider' ? `day ${line.text}` : keyOf(line.row)) : at
    },
  })
  // Heights follow from the width and the kind of line; neither is measured.
  useLayoutEffect(() => virtual.measure(), [virtual, isPhone, lines])

  const items = virtual.getVirtualItems()
  const first = items[0]
  const last = items[items.length - 1]
  const above = first ? first.start - virtual.options.scrollMargin : 0
  const below = last ? virtual.getTotalSize() - (last.end - virtual.options.scrollMargin) : 0
  const keys = useRowKeys({
    count: rows.length,
    table: body,
    scrollTo: (at) => virtual.scrollToIndex(lines.findIndex((l) => l.kind === 'row' && l.at === at)),
  })

  const nearEnd = last !== undefined && last.index >= lines.length - 15
  useEffect(() => {
    if (nearEnd && more?.has && !more.isLoading && !error) more.load()
  }, [nearEnd, more, error])

  const isEmpty = rows.length === 0 && !isLoading && !error
  return (
    <div className="min-w-0">
      <table
        ref={body}
        aria-label={label}
        aria-rowcount={more?.has ? -1 : rows.length + 1}
        aria-busy={isLoading}
        className="w-full table-fixed border-separate border-spacing-0 text-sm"
        onPointerEnter={(event) => event.pointerType === 'mouse' && onHold?.(true)}
        onPointerLeave={(event) => event.pointerType === 'mouse' && onHold?.(false)}
      >
        {isPhone ? null : (
          <>
            <colgroup>
              {shown.map((column) => (
                <col key={column.id} style={column.width ? { width: column.width } : undefined} />
              ))}
            </colgroup>
            <thead className="sticky top-0 z-10">
              <tr>
                {shown.map((column) => (
                  <HeadCell
                    key={column.id}
                    header={column.header}
                    id={column.id}
                    end={column.end ?? false}
                    sort={column.sorts ? sort : undefined}
                  />
                ))}
              </tr>
            </thead>
          </>
        )}
        <tbody>
          {isLoading ? <Skeleton columns={isPhone ? 1 : shown.length} height={isPhone ? phoneHeight : rowHeight} /> : null}
          {above > 0 ? <Spacer height={above} /> : null}
          {items.map((item) => {
            const line = lines[item.index]
            if (!line) return null
            if (line.kind === 'divider')
              return (
                <tr key={item.key}>
                  <th
                    scope="rowgroup"
                    colSpan={isPhone ? 1 : shown.length}
                    style={{ height: dividerHeight }}
                    className="border-line border-b px-3 pt-2 text-left align-middle font-medium text-faint text-xs"
                  >
                    {line.text}
                  </th>
                </tr>
              )
            const chosen = isChosen?.(line.row) ?? false
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: Enter is handled with the other row keys, and the first cell holds a link
              <tr
                key={item.key}
                data-row={line.at}
                aria-rowindex={line.at + 2}
                tabIndex={line.at === keys.current ? 0 : -1}
                onFocus={() => keys.setCurrent(line.at)}
                onKeyDown={(event) => {
                  if (event.target === event.currentTarget && event.key === 'Enter') onOpen?.(line.row)
                }}
                onClick={(event) => {
                  if (onOpen && !isOwnClick(event.target)) onOpen(line.row)
                }}
                className={clsx('group/row -outline-offset-2', onOpen && 'cursor-pointer', chosen ? 'bg-chosen' : 'hover:bg-hover')}
              >
                {isPhone ? (
                  <td style={{ height: phoneHeight }} className="overflow-hidden border-line border-b px-3 py-2">
                    {phone(line.row)}
                  </td>
                ) : (
                  shown.map((column) => (
                    <td
                      key={column.id}
                      style={{ height: rowHeight }}
                      className={clsx('overflow-hidden whitespace-nowrap border-line border-b px-3 py-0', column.end && 'text-right')}
                    >
                      {column.cell(line.row)}
                    </td>
                  ))
                )}
              </tr>
            )
          })}
          {below > 0 ? <Spacer height={below} /> : null}
        </tbody>
      </table>
      {error ? (
        <div className="p-3">
          <FailureNote error={error} onRetry={onRetry} />
        </div>
      ) : null}
      {isEmpty ? empty : null}
      {more?.isLoading ? (
        <p role="status" className="px-3 py-2 text-faint text-xs">
          Loading more
        </p>
      ) : null}
    </div>
  )
}

/** Whether the click was meant for something inside the row, or was a selection of text. */
const isOwnClick = (target: EventTarget) =>
  (target instanceof Element && target.closest('a, button, input, label') !== null) || getSelection()?.isCollapsed === false

function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden="true">
      <td style={{ height, padding: 0 }} />
    </tr>
  )
}

const skeletonRows = Array.from({ length: 9 }, (_, at) => at)
function Skeleton({ columns, height }: { columns: number; height: number }) {
  return skeletonRows.map((row) => (
    <tr key={row} aria-hidden="true">
      {Array.from({ length: columns }, (_, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars without identity
        <td key={column} style={{ height }} className="border-line border-b px-3">
          <span className="skeleton block h-3" style={{ width: `${78 - ((row * 17 + column * 29) % 48)}%` }} />
        </td>
      ))}
    </tr>
  ))
}
