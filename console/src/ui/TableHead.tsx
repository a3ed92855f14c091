import clsx from 'clsx'
import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react'
import { Fragment } from 'react'

type Order = 'asc' | 'desc'
export type Sort = { by: string; order: Order; onSort: (by: string, order: Order) => void }
/** What a column can be sorted by, and which way at first. */
export type SortKey = { id: string; header: string; first?: Order }
type Props = { header: string; end: boolean; sort: Sort | undefined; keys: readonly SortKey[] }

export function HeadCell({ header, end, sort, keys }: Props) {
  const by = sort && keys.some(({ id }) => id === sort.by) ? sort : undefined
  return (
    <th
      scope="col"
      aria-sort={by && (by.order === 'asc' ? 'ascending' : 'descending')}
      className={clsx(
        'h-9 truncate border-line border-b bg-(--table-head,var(--color-page)) px-(--cell,12px) font-medium text-faint text-xs',
        end ? 'text-right' : 'text-left',
      )}
    >
      {sort && keys.length > 0
        ? keys.map((key, at) => (
            <Fragment key={key.id}>
              {at > 0 ? <span className="px-1" /> : null}
              <SortButton of={key} sort={sort} end={end} />
            </Fragment>
          ))
        : header || <span className="sr-only">Acts</span>}
    </th>
  )
}

const turned = (order: Order): Order => (order === 'asc' ? 'desc' : 'asc')

function SortButton({ of: { id, header, first = 'asc' }, sort, end }: { of: SortKey; sort: Sort; end: boolean }) {
  const isBy = sort.by === id
  const Icon = !isBy ? ChevronsUpDown : sort.order === 'asc' ? ArrowUp : ArrowDown
  return (
    <button
      type="button"
      onClick={() => sort.onSort(id, isBy ? turned(sort.order) : first)}
      className={clsx('inline-flex h-6 items-center gap-1 hover:text-ink', isBy && 'text-ink', end && 'flex-row-reverse')}
    >
      {header}
      <Icon aria-hidden="true" className="size-3" />
    </button>
  )
}
