import { useVirtualizer } from '@tanstack/react-virtual'
import clsx from 'clsx'
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { isPassing } from '../api/client.ts'
import { Old } from './Old.tsx'
import { FailureNote } from './States.tsx'
import { HeadCell, type Sort, type SortKey } from './TableHead.tsx'
import { BodyRow, Divider, dividerHeight, SkeletonRows, Spacer } from './TableRows.tsx'
import { useAttention } from './useAttention.ts'
import { useRowKeys } from './useRowKeys.ts'
import { isAtLeast, useWidth, type Width } from './width.ts'
import { useZone } from './zone.ts'

export type Column<Row> = {
  id: string
  header: string
  cell: (row: Row) => ReactNode
  /** CSS width; columns without one share what is left. */
  width?: string | ((at: Width) => string)
  from?: Width
  /** Sorts by its own id, or by each of several things that it shows. */
  sorts?: true | readonly SortKey[]
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
  /** Rows of two lines, with less air between columns: for much to see at once. */
  twoLines?: boolean
  onOpen?: (row: Row) => void
  isChosen?: (row: Row) => boolean
  /** A heading above the first row for which it changes, such as the day. */
  divide?: (row: Row) => string
  sort?: Sort
  isLoading?: boolean
  error?: unknown
  /** When the rows were read: said beside an error, under which they are old. */
  readAt?: number
  onRetry?: () => void
  more?: { has: boolean; isLoading: boolean; load: () => void }
  empty: ReactNode
  onHold?: (held: boolean) => void
}

type Line<Row> = { kind: 'divider'; key: string; text: string } | { kind: 'row'; row: Row; at: number }
const lineHeight = 36
const twoLinesHeight = 50
const scroller = () => document.getElementById('main')

const toLines = <Row,>(rows: readonly Row[], divide: ((row: Row) => string) | undefined): Line<Row>[] => {
  if (!divide) return rows.map((row, at) => ({ kind: 'row', row, at }))
  const lines: Line<Row>[] = []
  let last = ''
  rows.forEach((row, at) => {
    const text = divide(row)
    if (text !== last) lines.push({ kind: 'divider', key: `above ${text} ${rows.length - at}`, text })
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
    twoLines = false,
    onOpen,
    isChosen,
    divide,
    sort,
    isLoading,
    error,
    readAt,
    onRetry,
    more,
    empty,
    onHold,
  } = props
  const width = useWidth()
  const zone = useZone()
  const rowHeight = twoLines ? twoLinesHeight : lineHeight
  const isPhone = width === 'phone'
  const shown = useMemo(() => columns.filter((column) => isAtLeast(width, column.from ?? 'phone')), [columns, width])
  const rowKeys = rows.map(keyOf)
  // biome-ignore lint/correctness/useExhaustiveDependencies: days begin at other times in another zone
  const lines = useMemo(() => toLines(rows, divide), [rows, divide, zone])
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

  const headHeight = isPhone ? 0 : lineHeight
  const heightOf = (at: number) => (lines[at]?.kind === 'divider' ? dividerHeight : isPhone ? phoneHeight : rowHeight)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: scroller,
    estimateSize: heightOf,
    overscan: 8,
    useFlushSync: false,
    scrollMargin: margin + headHeight,
    scrollPaddingStart: headHeight + 4,
    scrollPaddingEnd: 8,
    getItemKey: (at) => {
      const line = lines[at]
      return line ? (line.kind === 'divider' ? line.key : keyOf(line.row)) : at
    },
  })

  const items = virtual.getVirtualItems()
  const first = items[0]
  const last = items[items.length - 1]
  const above = first ? first.start - virtual.options.scrollMargin : 0
  const below = last ? virtual.getTotalSize() - (last.end - virtual.options.scrollMargin) : 0
  const keys = useRowKeys({
    keys: rowKeys,
    table: body,
    scrollTo: (at) => virtual.scrollToIndex(lines.findIndex((l) => l.kind === 'row' && l.at === at)),
  })

  useAttention(body, rows.length > 0 ? onHold : undefined)

  const nearEnd = last !== undefined && last.index >= lines.length - 15
  useEffect(() => {
    if (nearEnd && more?.has && !more.isLoading && !error) more.load()
  }, [nearEnd, more, error])

  // Rows that could not be read again stay, and say how old they are.
  const isOld = rows.length > 0 && readAt !== undefined && isPassing(error)
  const isEmpty = rows.length === 0 && !isLoading && !error
  return (
    <div className="min-w-0">
      {isOld ? (
        <div className="pb-2">
          <Old error={error} readAt={readAt ?? 0} what="This list" />
        </div>
      ) : null}
      <table
        ref={body}
        aria-label={label}
        aria-rowcount={more?.has ? -1 : rows.length + 1}
        aria-busy={isLoading}
        className={clsx('w-full table-fixed border-separate border-spacing-0 text-sm', twoLines && '[--cell:8px]')}
      >
        {isPhone ? null : (
          <>
            <colgroup>
              {shown.map((column) => (
                <col
                  key={column.id}
                  style={column.width ? { width: typeof column.width === 'string' ? column.width : column.width(width) } : undefined}
                />
              ))}
            </colgroup>
            <thead className="sticky top-0 z-10">
              <tr>
                {shown.map((column) => (
                  <HeadCell
                    key={column.id}
                    header={column.header}
                    end={column.end ?? false}
                    sort={sort}
                    keys={column.sorts === true ? [{ id: column.id, header: column.header }] : (column.sorts ?? [])}
                  />
                ))}
              </tr>
            </thead>
          </>
        )}
        <tbody>
          {isLoading ? <SkeletonRows columns={isPhone ? 1 : shown.length} height={isPhone ? phoneHeight : rowHeight} /> : null}
          {above > 0 ? <Spacer height={above} /> : null}
          {items.map((item) => {
            const line = lines[item.index]
            if (!line) return null
            if (line.kind === 'divider') return <Divider key={item.key} text={line.text} columns={isPhone ? 1 : shown.length} />
            return (
              <BodyRow
                key={item.key}
                row={line.row}
                at={line.at}
                columns={shown}
                phone={isPhone ? phone : undefined}
                height={isPhone ? phoneHeight : rowHeight}
                isCurrent={line.at === keys.current}
                isChosen={isChosen?.(line.row) ?? false}
                onFocus={keys.setCurrent}
                onOpen={onOpen}
              />
            )
          })}
          {below > 0 ? <Spacer height={below} /> : null}
        </tbody>
      </table>
      {error && !isOld ? (
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
