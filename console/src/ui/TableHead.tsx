import clsx from 'clsx'
import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react'

export type Sort = { by: string; order: 'asc' | 'desc'; onSort: (by: string, order: 'asc' | 'desc') => void }
type Props = { id: string; header: string; end: boolean; sort: Sort | undefined }

export function HeadCell({ id, header, end, sort }: Props) {
  const isBy = sort?.by === id
  const Icon = !isBy ? ChevronsUpDown : sort.order === 'asc' ? ArrowUp : ArrowDown
  return (
    <th
      scope="col"
      aria-sort={isBy ? (sort.order === 'asc' ? 'ascending' : 'descending') : undefined}
      className={clsx(
        'h-9 truncate border-line border-b bg-(--table-head,var(--color-page)) px-3 font-medium text-faint text-xs',
        end ? 'text-right' : 'text-left',
      )}
    >
      {sort ? (
        <button
          type="button"
          onClick={() => sort.onSort(id, isBy && sort.order === 'asc' ? 'desc' : 'asc')}
          className={clsx('inline-flex h-6 items-center gap-1 hover:text-ink', isBy && 'text-ink', end && 'flex-row-reverse')}
        >
          {header}
          <Icon aria-hidden="true" className="size-3" />
        </button>
      ) : (
        header || <span className="sr-only">Acts</span>
      )}
    </th>
  )
}
