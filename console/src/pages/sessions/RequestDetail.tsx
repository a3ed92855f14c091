import { errorCatalogue } from '@countersign/contract/errors.ts'
import type { AccessLogRow } from '@countersign/contract/sessions.ts'
import { Link } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import type { ReactNode } from 'react'
import { paths } from '../../paths.ts'
import { OutcomeWord } from '../../ui/Badge.tsx'
import { buttonClass } from '../../ui/Button.tsx'
import { Facts } from '../../ui/Card.tsx'
import { formatBytes, formatDuration, plural } from '../../ui/format.ts'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { SidePanel } from '../../ui/SidePanel.tsx'
import { Instant } from '../../ui/Time.tsx'
import { auditOf } from './auditOf.ts'
import { FileList } from './FileList.tsx'
import { statusTone } from './statusTone.ts'

const sentenceOf = (code: string) => (Object.hasOwn(errorCatalogue, code) ? errorCatalogue[code as keyof typeof errorCatalogue] : undefined)

const whatWasAsked = (row: AccessLogRow): [string, ReactNode][] => [
  ['Method', row.reads ? `${row.method}, read-only` : <Value key="method" text={row.method} />],
  [
    'Path',
    <span key="path" className="id break-all">
      <Inert text={row.path} />
    </span>,
  ],
  [
    'Status',
    row.status === null ? (
      'under way'
    ) : (
      <span key="status" className={`font-medium nums ${statusTone(row.status)}`}>
        {row.status}
      </span>
    ),
  ],
  ['Scope', row.scope === null ? 'none' : <Value key="scope" text={row.scope} />],
]

type Props = { row: AccessLogRow; sessionId: string; onClose: () => void }

/** One request of a session at the side: what was asked, what came of it, and why; or the static files of a page. */
export function RequestDetail({ row, sessionId, onClose }: Props) {
  return (
    <SidePanel
      label={`Request ${row.request_id}`}
      title={row.files ? plural(row.files.length, 'file') : row.method}
      state={<OutcomeWord outcome={row.outcome} />}
      closeLabel="Close the request"
      onClose={onClose}
    >
      <Facts
        facts={[
          ['Time', <Instant key="time" at={row.at} />],
          ...(row.files ? [] : whatWasAsked(row)),
          row.code !== null && ['Code', <Code key="code" code={row.code} />],
          row.note !== undefined && ['Detail', <Inert key="note" text={row.note} />],
          row.duration_ms !== null && ['Duration', formatDuration(row.duration_ms)],
          row.bytes !== null && ['Size', formatBytes(row.bytes)],
          ['Request id', <IdChip key="id" id={row.request_id} what="request id" whole />],
        ]}
      />
      {row.files ? <FileList files={row.files} /> : null}
      <Link {...paths.audit(auditOf(row, sessionId))} className={`${buttonClass('plain', 'small')} self-start`}>
        <ScrollText aria-hidden="true" /> Events of this request
      </Link>
    </SidePanel>
  )
}

function Value({ text }: { text: string }) {
  return <span className="id">{text}</span>
}

function Code({ code }: { code: string }) {
  const entry = sentenceOf(code)
  return (
    <>
      <span className="id">{code}</span>
      {entry ? (
        <>
          <span className="mt-1 block">{entry.title}</span>
          <span className="block text-soft">{entry.hint}</span>
        </>
      ) : null}
    </>
  )
}
