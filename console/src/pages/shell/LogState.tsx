import type { LogStatus } from '@countersign/contract/events.ts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import clsx from 'clsx'
import { useStaleSince } from '../../api/connection.ts'
import { logQuery } from '../../api/me.ts'
import { paths } from '../../paths.ts'
import { Facts } from '../../ui/Card.tsx'
import { CopyIcon } from '../../ui/Copy.tsx'
import { cutMiddle, formatNumber, plural } from '../../ui/format.ts'
import { Popover } from '../../ui/Popover.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { Instant } from '../../ui/Time.tsx'

type State = LogStatus['state'] | 'unknown'
const looks: Record<State, { tone: string; shape: string; words: string }> = {
  live: { tone: 'text-ok', shape: 'M4 1a3 3 0 1 1 0 6a3 3 0 1 1 0-6z', words: 'live' },
  behind: { tone: 'text-warn', shape: 'M4 .8L7.6 7H.4z', words: 'behind' },
  stopped: { tone: 'text-bad', shape: 'M1 1h6v6H1z', words: 'stopped' },
  unknown: { tone: 'text-faint', shape: 'M1 3.2h6v1.6H1z', words: '' },
}

const lagWords = (log: LogStatus) => (log.pending === 0 ? 'none' : `${plural(log.pending, 'event')} on the way`)

/** Whether the log keeps up, and how far it is. */
export function LogState() {
  const { data: log, error } = useQuery(logQuery)
  const isLost = useStaleSince() !== null
  const state: State = isLost ? 'unknown' : (log?.state ?? 'unknown')
  const look = looks[state]
  return (
    <Popover
      align="end"
      label="State of the log"
      className="w-96 p-4"
      button={{
        className:
          'flex h-7 pointer-coarse:h-10 pointer-coarse:min-w-10 items-center justify-center gap-1.5 rounded-md px-2 text-soft text-sm transition-colors nums hover:bg-sunk hover:text-ink',
        children: (
          <>
            <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true" className={look.tone}>
              <path d={look.shape} fill="currentColor" />
            </svg>
            <span className="max-sm:sr-only">
              Log {look.words}
              {log ? ` · ${formatNumber(log.size)}` : ''}
              {log && log.pending > 0 ? (
                <span className={state === 'live' ? 'text-faint' : look.tone}> +{formatNumber(log.pending)}</span>
              ) : null}
            </span>
          </>
        ),
      }}
    >
      {(close) => (error && !log ? <FailureNote error={error} /> : log ? <LogFacts log={log} onLeave={close} /> : <Loading />)}
    </Popover>
  )
}

function LogFacts({ log, onLeave }: { log: LogStatus; onLeave: () => void }) {
  return (
    <div className="flex flex-col gap-3">
      <p className="text-soft">Every event is a leaf of one append-only Merkle log. {log.note ?? 'Its head is signed as it grows.'}</p>
      <Facts
        facts={[
          [
            'State',
            <span key="state" className={clsx('font-medium', looks[log.state].tone)}>
              {looks[log.state].words}
            </span>,
          ],
          [
            'Size',
            <span key="size" className="nums">
              {plural(log.size, 'event')}
            </span>,
          ],
          ['Lag', lagWords(log)],
          ['Signed', log.signed_at ? <Instant key="signed" at={log.signed_at} /> : 'not yet'],
          ['Root hash', <Long key="root" text={log.root} what="root hash" />],
          ['Verifier key', <Long key="key" text={log.key} what="verifier key" />],
        ]}
      />
      <Link {...paths.audit()} onClick={onLeave} className="font-medium text-accent text-sm hover:underline">
        Open the audit
      </Link>
    </div>
  )
}

function Long({ text, what }: { text: string; what: string }) {
  return (
    <span className="flex items-center">
      <span data-tip={text} className="id min-w-0 truncate">
        {cutMiddle(text, 30)}
      </span>
      <CopyIcon text={text} what={what} />
    </span>
  )
}
