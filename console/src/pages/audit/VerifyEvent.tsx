import type { LoggedEvent } from '@countersign/contract/events.ts'
import { useQuery } from '@tanstack/react-query'
import clsx from 'clsx'
import { ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { getBytes } from '../../api/call.ts'
import { serverNow } from '../../api/clock.ts'
import { logQuery } from '../../api/me.ts'
import { Button } from '../../ui/Button.tsx'
import { formatNumber } from '../../ui/format.ts'
import { Since } from '../../ui/Time.tsx'
import { forgetSeen, keepSeen, readSeen } from './seen.ts'
import { VerifySteps } from './VerifySteps.tsx'
import { type Step, type Verdict, verifyEvent } from './verify.ts'

type Run = { steps: readonly Step[]; verdict?: Verdict }

const wordsOf = ({ verdict }: Run): { words: string; tone: string } => {
  if (!verdict) return { words: 'Verifying…', tone: 'text-soft' }
  if (verdict.steps.some(({ state }) => state === 'bad')) return { words: 'This does not verify.', tone: 'text-bad' }
  if (verdict.steps.some(({ state }) => state === 'open')) return { words: 'This could not be verified.', tone: 'text-warn' }
  return { words: 'Verified in this browser.', tone: 'text-ok' }
}

/** Where an event stands in the log, and the button by which this browser checks that itself. */
export function VerifyEvent({ event }: { event: LoggedEvent }) {
  const { data: log } = useQuery(logQuery)
  const [run, setRun] = useState<Run | undefined>(undefined)
  const start = async () => {
    const steps: Step[] = []
    setRun({ steps })
    const needs = { readBytes: getBytes, seen: readSeen(), now: new Date(serverNow()).toISOString() }
    const verdict = await verifyEvent(event, needs, (step) => {
      steps.push(step)
      setRun({ steps: [...steps] })
    })
    if (verdict.seen) keepSeen(verdict.seen)
    setRun({ steps: verdict.steps, verdict })
  }
  const forget = () => {
    forgetSeen()
    setRun(undefined)
  }
  return (
    <div className="flex flex-col gap-2 rounded-md border border-line px-3 py-2.5">
      <div className="flex items-start gap-x-3">
        <p className="min-w-0 flex-1 pt-0.5 text-sm">
          In the log <span className="nums">#{formatNumber(event.log_index)}</span>
          {log?.signed_at ? (
            <span className="text-faint">
              {' '}
              · signed <Since at={log.signed_at} />
            </span>
          ) : null}
        </p>
        <Button size="small" icon={<ShieldCheck />} disabled={run !== undefined && !run.verdict} onClick={() => void start()}>
          Verify
        </Button>
      </div>
      {run ? (
        <>
          <p role="status" className={clsx('font-medium text-sm', wordsOf(run).tone)}>
            {wordsOf(run).words}
          </p>
          <VerifySteps steps={run.steps} isOver={run.verdict !== undefined} onForget={forget} />
        </>
      ) : null}
    </div>
  )
}
