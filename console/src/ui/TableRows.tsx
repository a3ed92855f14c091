import clsx from 'clsx'
import type { ReactNode } from 'react'
import type { Column } from './Table.tsx'

export const dividerHeight = 30

type RowProps<Row> = {
  row: Row
  at: number
  columns: readonly Column<Row>[]
  phone: ((row: Row) => ReactNode) | undefined
  height: number
  isCurrent: boolean
  isChosen: boolean
  onFocus: (at: number) => void
  onOpen: ((row: Row) => void) | undefined
}

/** Whether the click was meant for something inside the row, or was a selection of text. */
const isOwnClick = (target: EventTarget) =>
  (target instanceof Element && target.closest('a, button, input, label') !== null) || getSelection()?.isCollapsed === false

export function BodyRow<Row>({ row, at, columns, phone, height, isCurrent, isChosen, onFocus, onOpen }: RowProps<Row>) {
  return (
    <tr
      data-row={at}
      aria-rowindex={at + 2}
      tabIndex={isCurrent ? 0 : -1}
      onFocus={() => onFocus(at)}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget || (event.key !== 'Enter' && event.key !== ' ')) return
        // The space bar would scroll the page.
        event.preventDefault()
        onOpen?.(row)
      }}
      onClick={(event) => {
        if (onOpen && !isOwnClick(event.target)) onOpen(row)
      }}
      className={clsx('group/row -outline-offset-2', onOpen && 'cursor-pointer', isChosen ? 'bg-chosen' : 'hover:bg-hover')}
    >
      {phone ? (
        <td style={{ height }} className="overflow-hidden border-line border-b px-3 py-2">
          {phone(row)}
        </td>
      ) : (
        columns.map((column) => (
          <td
            key={column.id}
            style={{ height }}
            className={clsx('overflow-hidden whitespace-nowrap border-line border-b px-(--cell,12px) py-0', column.end && 'text-right')}
          >
            {column.cell(row)}
          </td>
        ))
      )}
    </tr>
  )
}

export function Divider({ text, columns }: { text: string; columns: number }) {
  return (
    <tr>
      <th
        scope="rowgroup"
        colSpan={columns}
        style={{ height: dividerHeight }}
        className="border-line border-b px-3 pt-2 text-left align-middle font-medium text-faint text-xs"
      >
        {text}
      </th>
    </tr>
  )
}

/** The room of rows that are not drawn. */
export function Spacer({ height }: { height: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it takes no focus
    <tr aria-hidden="true">
      <td style={{ height, padding: 0 }} />
    </tr>
  )
}

const rows = Array.from({ length: 9 }, (_, at) => at)
export function SkeletonRows({ columns, height }: { columns: number; height: number }) {
  return rows.map((row) => (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it takes no focus
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
