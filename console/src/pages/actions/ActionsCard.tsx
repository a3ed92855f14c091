import type { ActionRow } from '@countersign/contract/action-requests.ts'
import { useQuery } from '@tanstack/react-query'
import clsx from 'clsx'
import { ChevronRight } from 'lucide-react'
import { Fragment, type ReactNode, useEffect, useRef } from 'react'
import { actionTableQuery } from '../../api/actions.ts'
import { RiskBadge } from '../../ui/Badge.tsx'
import { Card } from '../../ui/Card.tsx'
import { useFocusBack } from '../../ui/focus.ts'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { actionWords } from './words.ts'

type Props = {
  target: { kind: 'user' | 'tenant'; id: string }
  opened: ActionRow['action'] | null
  onToggle: (action: ActionRow['action']) => void
  /** What opens below a row. */
  children: (row: ActionRow) => ReactNode
  above?: ReactNode
}

/** Why an action cannot be tried at all; shown, not hidden. */
export const whyNever = ({ supported, off }: Pick<ActionRow, 'supported' | 'off'>): string | undefined =>
  off ? 'switched off by the policy' : supported === false ? 'the product cannot do this' : undefined

/** action · requires · risk, before anything is tried (A24). A row opens its gate list in place. */
export function ActionsCard({ target, opened, onToggle, children, above }: Props) {
  const { data: table, error, refetch } = useQuery(actionTableQuery(target))
  return (
    <Card title="Actions" flush={table !== undefined} aside={<span className="text-faint text-xs">each attempt is recorded</span>}>
      {above}
      {error && !table ? <FailureNote error={error} onRetry={() => void refetch()} /> : null}
      {!table && !error ? <Loading /> : null}
      {table ? (
        <table aria-label="Actions" className="w-full table-fixed text-sm">
          <colgroup>
            <col />
            <col className="w-[34%]" />
            <col className="w-19" />
          </colgroup>
          <thead className="text-left text-faint text-xs">
            <tr className="h-8 [&>th]:border-line [&>th]:border-b [&>th]:px-2 [&>th]:font-normal">
              <th scope="col">Action</th>
              <th scope="col">Requires</th>
              <th scope="col">Risk</th>
            </tr>
          </thead>
          <tbody className="[&>tr>td]:border-line [&>tr>td]:border-b [&>tr>td]:px-2">
            {table.items.map((row) => (
              <Fragment key={row.action}>
                <Row row={row} isOpen={row.action === opened} onToggle={() => onToggle(row.action)} />
                {row.action === opened ? <Opened>{children(row)}</Opened> : null}
              </Fragment>
            ))}
          </tbody>
        </table>
      ) : null}
    </Card>
  )
}

function Row({ row, isOpen, onToggle }: { row: ActionRow; isOpen: boolean; onToggle: () => void }) {
  const never = whyNever(row)
  const { title } = actionWords[row.action]
  return (
    <tr className={clsx('h-9', isOpen && 'bg-chosen')}>
      <td>
        {never ? (
          <span className="flex flex-col py-1 pl-5.5 text-faint">
            {title}
            <span className="text-xs">{never}</span>
          </span>
        ) : (
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={onToggle}
            className="flex min-h-9 w-full items-center gap-2 text-left font-medium hover:text-accent pointer-coarse:min-h-10"
          >
            <ChevronRight aria-hidden="true" className={clsx('size-3.5 shrink-0 text-faint transition-transform', isOpen && 'rotate-90')} />
            {title}
          </button>
        )}
      </td>
      <td className="text-soft">
        {row.requires}
        {row.allowed_roles ? null : <span className="block text-warn text-xs">your roles do not allow it</span>}
      </td>
      <td>
        <RiskBadge risk={row.risk} />
      </td>
    </tr>
  )
}

/** The place below a row. It comes into sight with its first input in hand. */
function Opened({ children }: { children: ReactNode }) {
  const place = useRef<HTMLTableRowElement>(null)
  useFocusBack(place)
  useEffect(() => {
    const row = place.current
    if (!row) return
    const enter = () => {
      const input = row.querySelector<HTMLElement>('[data-autofocus]')
      if (!input) return false
      input.focus({ preventScroll: true })
      row.scrollIntoView({ block: 'nearest' })
      return true
    }
    if (enter()) return
    const observer = new MutationObserver(() => enter() && observer.disconnect())
    observer.observe(row, { childList: true, subtree: true })
    return () => observer.disconnect()
  }, [])
  return (
    <tr ref={place} className="scroll-m-3 bg-page">
      <td colSpan={3} className="!px-4 !py-4">
        {children}
      </td>
    </tr>
  )
}
