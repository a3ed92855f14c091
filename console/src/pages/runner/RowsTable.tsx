import { formatNumber, plural } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { cellOf } from './table.ts'

const most = 200

/** Rows of objects as a table. Where one has no such member the cell is empty. */
export function RowsTable({ columns, rows }: { columns: readonly string[]; rows: readonly Record<string, unknown>[] }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Answer as a table"
      className="max-h-[70vh] overflow-auto rounded-md border border-line"
    >
      <table className="w-full border-collapse text-left text-sm">
        <caption className="sr-only">{plural(rows.length, 'row')}</caption>
        <thead className="sticky top-0 bg-panel">
          <tr>
            {columns.map((column) => (
              <th
                key={column}
                scope="col"
                className="id whitespace-nowrap border-line border-b px-2.5 py-1.5 font-medium text-faint text-xs"
              >
                <Inert text={column} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr+tr>td]:border-line [&>tr+tr>td]:border-t">
          {rows.slice(0, most).map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of one answer never move
            <tr key={at}>
              {columns.map((column) => (
                <td key={column} className="max-w-72 px-2.5 py-1.5 align-baseline">
                  <span data-tip={cellOf(row[column]) || undefined} data-cut className="id block truncate">
                    <Inert text={cellOf(row[column])} />
                  </span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > most ? (
        <p className="px-2.5 py-1.5 text-faint text-xs">
          The first {formatNumber(most)} of {formatNumber(rows.length)}.
        </p>
      ) : null}
    </section>
  )
}
