import type { EventFilters } from '@countersign/contract/events.ts'
import { type Export, type ExportFormat, exportFormats, exportMaximum } from '@countersign/contract/exports.ts'
import { exportRoles } from '@countersign/contract/staff.ts'
import { isReason, reasonMinimum } from '@countersign/contract/text.ts'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useNoConnection } from '../../api/connection.ts'
import { countQuery } from '../../api/events.ts'
import { useAskExport } from '../../api/exports.ts'
import { useMe } from '../../api/me.ts'
import { Button } from '../../ui/Button.tsx'
import { Consequence } from '../../ui/Consequence.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { formatNumber, plural } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { ReasonField } from '../../ui/ReasonField.tsx'
import { Segments } from '../../ui/Segments.tsx'
import { FailureNote } from '../../ui/States.tsx'
import { ExportsOfToday } from './ExportsOfToday.tsx'
import { whyWide } from './wide.ts'

type Props = { filters: EventFilters; onClose: () => void; onAsked: (made: Export) => void; onOpen: (id: string) => void }

const formatWords: Record<ExportFormat, string> = {
  csv: 'A table for spreadsheets. Text that they would take for a formula is made harmless.',
  json: 'One array, for programs that read the whole file.',
  ndjson: 'One event per line, for programs that read line by line.',
}
/** As the columns of the list say them. */
const filterWords: Record<keyof EventFilters, string> = {
  actor_id: 'Admin',
  action: 'Event',
  category: 'Category',
  result: 'Result',
  tenant_id: 'Tenant',
  target_id: 'Target',
  resource_type: 'Kind of target',
  session_id: 'Session',
  request_id: 'Request',
  ticket: 'Ticket',
  text: 'Words',
  from: 'From',
  to: 'To',
}
const whyWords = { tenants: 'It covers more than one tenant', many: `It has more than ${formatNumber(exportMaximum)} events` } as const

export function ExportForm({ filters, onClose, onAsked, onOpen }: Props) {
  const id = useId()
  const me = useMe()
  const [format, setFormat] = useState<ExportFormat>('csv')
  const [reason, setReason] = useState('')
  const count = useQuery(countQuery(filters, true))
  const ask = useAskExport()
  const noConnection = useNoConnection()
  const rows = count.data?.count
  const wide = whyWide(filters, rows)
  const mayWide = exportRoles.some((role) => me.staff.roles.includes(role))
  const missing = whatIsMissing({ wide, mayWide, reason })
  const unmet = noConnection ?? missing
  const submit = () => ask.mutate({ filters, format, ...(reason.trim() ? { reason } : {}) }, { onSuccess: onAsked })
  return (
    <Dialog
      title="Export events"
      onClose={onClose}
      wide
      footer={
        <>
          {unmet ? <span className="mr-auto min-w-0 text-faint text-sm max-sm:basis-full">{unmet}</span> : null}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" disabled={unmet !== null || ask.isPending} onClick={submit}>
            {ask.isPending ? 'Asking' : rows === undefined ? 'Export events' : `Export ${plural(rows, 'event')}`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <Contents filters={filters} rows={rows} error={count.error} />
        <fieldset className="flex flex-col gap-1.5">
          <legend className="mb-1.5 font-medium text-sm">Format</legend>
          <Segments
            label="Format"
            value={format}
            onChoose={setFormat}
            options={exportFormats.map((value) => ({ value, label: value.toUpperCase() }))}
            className="self-start"
          />
          <p className="text-faint text-xs">{formatWords[format]}</p>
        </fieldset>
        {wide && mayWide ? (
          <ReasonField
            id={`${id}-reason`}
            focus
            reason={reason}
            onReason={setReason}
            hint={`${whyWords[wide]}, so the log records why you take it.`}
          />
        ) : null}
        {wide && !mayWide ? (
          <Consequence>
            {whyWords[wide]}. That needs the role {exportRoles.join(' or ')}. Filter by one tenant
            {wide === 'many' ? ' and a shorter time' : ''}, or ask somebody who has one of them.
          </Consequence>
        ) : (
          <Consequence>
            The file has the proof that these are the log’s events, and how to check it. That you export them is an event
            {wide === 'tenants' ? '' : ', which the tenant sees too'}. The file is deleted after a day.
          </Consequence>
        )}
        {ask.error ? <FailureNote error={ask.error} /> : null}
        <ExportsOfToday onOpen={onOpen} />
      </div>
    </Dialog>
  )
}

const whatIsMissing = ({
  wide,
  mayWide,
  reason,
}: {
  wide: ReturnType<typeof whyWide>
  mayWide: boolean
  reason: string
}): string | null => {
  if (!wide) return null
  if (!mayWide) return `Needs the role ${exportRoles.join(' or ')}`
  return isReason(reason) ? null : `A reason of at least ${reasonMinimum} characters`
}

/** What will be in it: counted now, and what it is narrowed to. */
function Contents({ filters, rows, error }: { filters: EventFilters; rows: number | undefined; error: unknown }) {
  const asked = Object.entries(filters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  if (error) return <FailureNote error={error} />
  return (
    <section aria-label="What is exported" className="flex flex-col gap-2 text-sm">
      <p role="status">
        {rows === undefined ? 'Counting the events that match…' : <strong className="nums">{plural(rows, 'event')}</strong>}
        {rows === undefined ? null : asked.length === 0 ? ' match now: the whole log' : ' match now'}
      </p>
      {asked.length === 0 ? null : (
        <ul className="flex flex-wrap gap-1.5">
          {asked.map(([name, value]) => (
            <li key={name} className="wrap-anywhere max-w-full rounded-sm bg-sunk px-1.5 py-0.5 text-soft text-xs">
              <span className="text-faint">{filterWords[name as keyof EventFilters]}</span> <Inert text={value} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
