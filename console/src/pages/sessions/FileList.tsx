import type { AccessLogFile } from '@countersign/contract/sessions.ts'
import clsx from 'clsx'
import { formatBytes } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'

const stateOf = ({ status, code }: AccessLogFile): string => code ?? (status === null ? 'loading' : String(status))

/** The static files that a page loaded, each with what became of it. */
export function FileList({ files }: { files: readonly AccessLogFile[] }) {
  return (
    <ul aria-label="Files" className="divide-y divide-line border-line border-y text-sm">
      {files.map((file) => (
        <li key={file.request_id} className="flex min-w-0 items-baseline gap-3 py-1.5">
          <span className="id wrap-anywhere min-w-0 flex-1">
            {file.method === 'GET' ? null : `${file.method} `}
            <Inert text={file.path} />
          </span>
          {file.bytes === null ? null : <span className="text-faint text-xs nums">{formatBytes(file.bytes)}</span>}
          <span className={clsx('id nums', (file.status ?? 0) >= 400 || file.code ? 'text-warn' : 'text-soft')}>{stateOf(file)}</span>
        </li>
      ))}
    </ul>
  )
}
