import { endedWords, type Session } from '@countersign/contract/sessions.ts'
import { useQuery } from '@tanstack/react-query'
import { receiptQuery } from '../../api/sessions.ts'
import { Card, Facts } from '../../ui/Card.tsx'
import { formatDuration, formatNumber } from '../../ui/format.ts'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { ScopeTag } from './Scopes.tsx'

const Tags = ({ scopes }: { scopes: readonly string[] }) => (
  <span className="flex flex-wrap gap-1">
    {scopes.map((scope) => (
      <ScopeTag key={scope} scope={scope} />
    ))}
  </span>
)

/** What a session that is over came to: how long it ran, what was asked in it, which of its scopes were used. */
export function SummaryCard({ session }: { session: Session }) {
  const { data: receipt, error, refetch } = useQuery(receiptQuery(session))
  const { ended_at: endedAt, ended_by: endedBy } = session
  return (
    <Card title="Summary" className="lg:max-xl:col-span-2">
      {error && !receipt ? <FailureNote error={error} onRetry={() => void refetch()} /> : null}
      {receipt ? (
        <Facts
          facts={[
            endedBy !== null && ['Ended', endedWords[endedBy]],
            endedAt !== null && ['Lasted', formatDuration(Date.parse(endedAt) - Date.parse(session.issued_at))],
            ['Requests', `${formatNumber(receipt.totals.requests)}, of which ${formatNumber(receipt.totals.refused)} refused`],
            ['Scopes granted', <Tags key="granted" scopes={receipt.scopes_granted} />],
            ['Scopes used', receipt.scopes_used.length > 0 ? <Tags key="used" scopes={receipt.scopes_used} /> : 'none'],
          ]}
        />
      ) : error ? null : (
        <Loading lines={3} />
      )}
    </Card>
  )
}
