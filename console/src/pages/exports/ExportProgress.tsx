import type { Export } from '@countersign/contract/exports.ts'
import { useQuery } from '@tanstack/react-query'
import { CircleCheck, Download, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useNow } from '../../api/clock.ts'
import { exportQuery, fileAddress } from '../../api/exports.ts'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { Code } from '../../ui/Code.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { formatBytes, formatNumber, formatRelative, plural } from '../../ui/format.ts'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { useZone } from '../../ui/zone.ts'

type Props = { id: string; onClose: () => void; onAgain: () => void }

/** How far an export is, and its file once there is one. */
export function ExportProgress({ id, onClose, onAgain }: Props) {
  const { data: made, error, refetch } = useQuery(exportQuery(id))
  const now = useNow(5)
  useZone()
  const isOver = made !== undefined && (made.state === 'expired' || Date.parse(made.expires_at) <= now)
  const isReady = made?.state === 'ready' && !isOver
  return (
    <Dialog
      title="Export events"
      onClose={onClose}
      wide
      footer={
        <>
          {made?.state === 'preparing' ? (
            <span className="mr-auto min-w-0 text-faint text-sm max-sm:basis-full">
              You can close this: it continues, and stays under Export for a day.
            </span>
          ) : null}
          <Button onClick={onClose}>Close</Button>
          {isReady ? <DownloadLink made={made} kind="main" /> : null}
          {made && !isReady && made.state !== 'preparing' ? (
            <Button kind="main" onClick={onAgain}>
              Export again
            </Button>
          ) : null}
        </>
      }
    >
      {error && !made ? <FailureNote error={error} onRetry={() => void refetch()} /> : null}
      {!made && !error ? <Loading lines={3} /> : null}
      {made ? <State made={made} isOver={isOver} now={now} /> : null}
    </Dialog>
  )
}

/** The browser takes it itself, and goes on with it where it broke off. */
export function DownloadLink({ made, kind }: { made: Export; kind: 'main' | 'plain' }) {
  return (
    <a href={fileAddress(made.id)} download={made.file_name} className={buttonClass(kind, kind === 'main' ? 'medium' : 'small')}>
      <Download aria-hidden="true" />
      Download
    </a>
  )
}

function State({ made, isOver, now }: { made: Export; isOver: boolean; now: number }) {
  if (isOver) return <Trouble title="This export has expired.">It was deleted after a day. Only its record in the log remains.</Trouble>
  if (made.state === 'failed') {
    return made.code === 'export_changed' ? (
      <Trouble title="Its contents have changed.">
        Personal data in these events was erased after they were exported, so this file can no longer be downloaded. A new export leaves
        that data out.
      </Trouble>
    ) : (
      <Trouble title="It could not be prepared.">
        The program’s log says why. Export again; if that fails too, tell your administrator {made.id}.
      </Trouble>
    )
  }
  return made.state === 'ready' ? <Ready made={made} now={now} /> : <Preparing made={made} />
}

function Trouble({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div role="alert" className="flex items-start gap-3 text-sm">
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-bad" />
      <div>
        <p className="font-medium">{title}</p>
        <p className="text-soft">{children}</p>
      </div>
    </div>
  )
}

const stepOf = ({ rows, rows_expected: expected, sealing }: Export): string => {
  if (sealing) return `All ${plural(rows, 'event')} are in it. Waiting for the log to sign it.`
  if (expected === null) return 'Counting the events…'
  return `${formatNumber(rows)} of ${plural(expected, 'event')}`
}

function Preparing({ made }: { made: Export }) {
  const { rows, rows_expected: expected } = made
  return (
    <div className="flex flex-col gap-2 text-sm">
      <progress
        aria-label="Prepared"
        className="h-1.5 w-full appearance-none overflow-hidden rounded-full bg-sunk [&::-moz-progress-bar]:bg-accent-fill [&::-webkit-progress-bar]:bg-sunk [&::-webkit-progress-value]:bg-accent-fill"
        max={expected ?? 1}
        {...(expected === null ? {} : { value: rows })}
      />
      <p role="status" className="nums text-soft">
        {stepOf(made)}
      </p>
    </div>
  )
}

function Ready({ made, now }: { made: Export; now: number }) {
  const command = `countersign verify ${made.file_name} --vkey '<key>'`
  return (
    <div className="flex flex-col gap-4 text-sm">
      <div className="flex items-start gap-3" role="status">
        <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-ok" />
        <div>
          <p className="font-medium">
            {plural(made.rows, 'event')} as {made.format.toUpperCase()}, {formatBytes(made.bytes ?? 0)}
          </p>
          <p className="text-soft">
            What matched in the first {formatNumber(made.size)} entries of the log. It is deleted {formatRelative(made.expires_at, now)}.
          </p>
        </div>
      </div>
      <div className="flex flex-col gap-1.5">
        <p className="text-faint text-xs">Anyone you give it to can check it offline:</p>
        <Code what="command" text={command} />
      </div>
    </div>
  )
}
