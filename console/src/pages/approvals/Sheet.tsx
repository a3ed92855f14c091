import type { SignedRequest } from '@countersign/contract/action-requests.ts'
import { ShieldAlert } from 'lucide-react'
import { Tag } from '../../ui/Badge.tsx'
import { Card, Facts } from '../../ui/Card.tsx'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { Person } from '../../ui/Person.tsx'
import { Ticket } from '../../ui/Ticket.tsx'
import { Instant } from '../../ui/Time.tsx'
import { actionWords } from '../actions/words.ts'

const shown = (value: unknown): string =>
  Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)

/** The exact request, field by field, read from the bytes that are signed and from nothing else (P7). */
export function Sheet({ signed, bytes }: { signed: SignedRequest; bytes: string }) {
  const { target, requester } = signed
  return (
    <Card title="What is signed" aside={<span className="text-faint text-xs">read from the signed bytes</span>}>
      <Facts
        facts={[
          [
            'Action',
            <span key="action" className="flex flex-wrap items-baseline gap-x-2">
              <span className="font-semibold">{actionWords[signed.action].title}</span>
              <span className="id text-faint">{signed.action}</span>
            </span>,
          ],
          [
            `On the ${target.kind}`,
            <span key="target" className="flex flex-wrap items-baseline gap-x-2">
              <Inert text={target.label} className="font-semibold" />
              <IdChip id={target.id} what={`${target.kind} id`} className="text-faint" />
            </span>,
          ],
          [
            'Of the tenant',
            <span key="tenant" className="flex flex-wrap items-baseline gap-x-2">
              <Inert text={target.tenant_name ?? 'unnamed tenant'} />
              <IdChip id={target.tenant_id} what="tenant id" className="text-faint" />
            </span>,
          ],
          ...Object.entries(signed.parameters).map(([name, value]) => [name, <Inert key={name} text={shown(value)} />] as const),
          [
            'Requested by',
            <span key="requester" className="flex flex-col gap-0.5">
              <Person email={requester.email} name={requester.name} kind="staff" />
              <span className="text-faint text-xs">
                <Inert text={requester.subject} className="id" /> at <Inert text={requester.issuer} className="id" />
              </span>
              <IdChip id={requester.id} what="staff id" className="text-faint" />
            </span>,
          ],
          ['Reason', <Inert key="reason" text={signed.reason} className="whitespace-pre-line font-medium" />],
          ['Ticket', signed.ticket === null ? <NoTicket key="ticket" /> : <Ticket key="ticket" id={signed.ticket} />],
          ['Requested', <Instant key="created" at={signed.created_at} />],
          ['Valid until', <Instant key="expires" at={signed.expires_at} />],
          ['Policy', <IdChip key="policy" id={signed.policy} what="SHA-256 of the policy" />],
          ['Nonce', <IdChip key="nonce" id={signed.nonce} what="nonce" />],
          ['Request', <IdChip key="id" id={signed.id} what="request id" whole />],
        ]}
      />
      <details className="mt-3 text-sm">
        <summary className="w-max text-accent hover:underline">The signed bytes</summary>
        <p className="id mt-2 max-h-60 overflow-auto rounded-md border border-line bg-sunk px-3 py-2 break-all">
          <Inert text={bytes} />
        </p>
      </details>
    </Card>
  )
}

function NoTicket() {
  return <Tag tone="amber">no ticket</Tag>
}

/** Bytes that this console cannot show whole are not signed here. */
export function Unreadable({ bytes }: { bytes: string }) {
  return (
    <Card title="What is signed">
      <p role="alert" className="flex items-start gap-2.5 text-sm">
        <ShieldAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-bad" />
        <span>
          <span className="font-medium">This request has members that this console does not know.</span> It cannot be approved here. Load
          the page again: the server may have been updated.
        </span>
      </p>
      <p className="id mt-3 max-h-60 overflow-auto break-all">
        <Inert text={bytes} />
      </p>
    </Card>
  )
}
