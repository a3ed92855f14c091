import type { Receipt, ReceiptLine } from '@countersign/contract/receipts.ts'
import { endedWords, type Session } from '@countersign/contract/sessions.ts'
import { useQuery } from '@tanstack/react-query'
import { receiptQuery } from '../../api/sessions.ts'
import { OutcomeWord } from '../../ui/Badge.tsx'
import { Card, Facts } from '../../ui/Card.tsx'
import { formatNumber } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { Ticket } from '../../ui/Ticket.tsx'
import { At } from '../../ui/Time.tsx'

const lasted = (minutes: number): string => (minutes < 1 ? 'less than a minute' : `${minutes} minutes`)

/** What the customer is told of the session. */
export function ReceiptSheet({ session }: { session: Session }) {
  const { data: receipt, error, refetch } = useQuery(receiptQuery(session))
  if (error && !receipt) return <FailureNote error={error} onRetry={() => void refetch()} />
  if (!receipt) return <Loading />
  return (
    <Card title="Receipt" aside={<span className="text-faint text-xs">what the customer is told</span>}>
      <div className="flex max-w-[72ch] flex-col gap-4">
        {receipt.is_complete ? null : (
          <p className="text-soft text-sm">
            {receipt.ended_at === null
              ? 'The session is still running: the receipt goes out when it has ended.'
              : 'Outcomes of requests are still to come.'}
          </p>
        )}
        <Facts
          facts={[
            ['Who', <Inert key="who" text={[receipt.staff.name, receipt.staff.email].filter(Boolean).join(', ') || receipt.staff.id} />],
            [
              'On',
              <span key="on" className="id break-all">
                {receipt.target_user_id ?? receipt.tenant_id}
              </span>,
            ],
            ['Why', <Inert key="why" text={receipt.reason ?? 'erased'} className="whitespace-pre-line" />],
            ['Ticket', receipt.ticket === null ? 'none' : <Ticket key="ticket" id={receipt.ticket} />],
            ['Opened', <At key="opened" at={receipt.opened_at} />],
            receipt.ended_at !== null &&
              receipt.ended_by !== null && [
                'Ended',
                <span key="ended">
                  <At at={receipt.ended_at} />, {endedWords[receipt.ended_by]}
                  {receipt.minutes === null ? '' : `, after ${lasted(receipt.minutes)}`}
                </span>,
              ],
            ['Granted', <Scopes key="granted" scopes={receipt.scopes_granted} />],
            ['Used', <Scopes key="used" scopes={receipt.scopes_used} />],
          ]}
        />
        <Requests receipt={receipt} />
        <p className="text-faint text-xs">
          Made from {formatNumber(receipt.proof.events)} events of the log, entries {formatNumber(receipt.proof.opened.log_index)} to{' '}
          {formatNumber(receipt.proof.last_index)}. With its API key the customer reads and verifies each of them.
        </p>
      </div>
    </Card>
  )
}

function Scopes({ scopes }: { scopes: readonly string[] }) {
  if (scopes.length === 0) return <span className="text-faint">none</span>
  return <span className="id">{scopes.join(', ')}</span>
}

const keyOf = ({ method, route, outcome, status, code }: ReceiptLine) => [method, route, outcome, status, code].join(' ')

function Requests({ receipt: { requests, totals } }: { receipt: Receipt }) {
  if (requests.length === 0) return <p className="text-soft text-sm">No request was made.</p>
  return (
    <table className="w-full text-left text-sm">
      <caption className="pb-1.5 text-left text-faint text-xs">
        {formatNumber(totals.requests)} {totals.requests === 1 ? 'request' : 'requests'}
      </caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">How many</th>
          <th scope="col">Request</th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line border-line border-y">
        {requests.map((line) => (
          <tr key={keyOf(line)}>
            <td className="w-16 py-1.5 pr-3 text-right align-baseline nums">{formatNumber(line.count)} ×</td>
            <td className="id wrap-anywhere py-1.5 align-baseline">
              {line.method} {line.route ?? <span className="text-faint">no declared route</span>}
            </td>
            <td className="whitespace-nowrap py-1.5 pl-3 text-right align-baseline">
              <Outcome line={line} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Outcome({ line: { outcome, status, code } }: { line: ReceiptLine }) {
  return (
    <span className="inline-flex items-center gap-2">
      {status === null ? null : <span className="text-soft nums">{status}</span>}
      {code === null ? null : <span className="id text-soft max-sm:hidden">{code}</span>}
      {outcome === 'unknown' ? <span className="text-warn">unknown</span> : <OutcomeWord outcome={outcome} />}
    </span>
  )
}
