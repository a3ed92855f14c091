import { useQuery } from '@tanstack/react-query'
import { CloudOff, RadioTower, Timer } from 'lucide-react'
import { type ReactNode, Suspense, useEffect, useState } from 'react'
import { client } from '../../api/client.ts'
import { useNow } from '../../api/clock.ts'
import { useStaleSince } from '../../api/connection.ts'
import { signalsQuery } from '../../api/health.ts'
import { canUseConsole, meQuery, useMe } from '../../api/me.ts'
import { formatCountdown } from '../../ui/format.ts'
import { lazyPart } from '../../ui/lazyPart.tsx'
import { Clock, Since } from '../../ui/Time.tsx'
import { EndsSoon } from './EndsSoon.tsx'

/** What is true of the whole console: example data, a lost connection, a promise that the log broke, sources that are silent, a sign-in or a session that is about to end. */
export function Lines() {
  return (
    <Notices>
      <ExampleLine />
      <LostLine />
      <PromisesLine />
      <SilentLine />
      <IdleLine />
      <EndsSoon />
    </Notices>
  )
}

/** Where they stand: above everything, and a place that a screen reader can go to. */
export function Notices({ children }: { children: ReactNode }) {
  return (
    <section aria-label="Notices" className="shrink-0">
      {children}
    </section>
  )
}

const exampleWords = (isLocal: boolean, isExample: boolean): string | null => {
  const what = [isLocal ? 'local sign-in' : '', isExample ? 'example data' : ''].filter(Boolean).join(' and ')
  return what ? `${what[0]?.toUpperCase()}${what.slice(1)}: not for production` : null
}

function ExampleLine() {
  const me = useMe()
  return <TrialLine isLocal={me.local_sign_in} isExample={me.example_data} />
}

export function TrialLine({ isLocal, isExample }: { isLocal: boolean; isExample: boolean }) {
  const words = exampleWords(isLocal, isExample)
  if (!words) return null
  return <p className="shrink-0 border-warn-edge border-b bg-warn-wash px-4 py-0.5 text-center font-medium text-warn text-xs">{words}</p>
}

function LostLine() {
  const since = useStaleSince()
  const [isTrying, setTrying] = useState(false)
  if (since === null) return null
  // Only what nothing is recorded for: the pages read on by themselves, or when they are asked.
  const tryNow = () => {
    setTrying(true)
    void client.refetchQueries({ queryKey: meQuery.queryKey }).finally(() => setTrying(false))
  }
  return (
    <p
      role="alert"
      className="flex shrink-0 items-center justify-center gap-2 border-bad-edge border-b bg-bad-wash px-4 py-1 font-medium text-bad text-xs"
    >
      <CloudOff aria-hidden="true" className="size-3.5 shrink-0" />
      <span>
        The server does not answer. What you see is from <Clock at={since} /> and may be stale.
      </span>
      <button type="button" disabled={isTrying} className="min-h-6 shrink-0 underline underline-offset-2" onClick={tryNow}>
        {isTrying ? 'Trying' : 'Try now'}
      </button>
    </p>
  )
}

const BrokenLine = lazyPart(
  async () => (await import('./BrokenLine.tsx')).BrokenLine,
  () => null,
)
const afterMs = 3_000

/** What the log promised is looked after once there is something to read. */
function PromisesLine() {
  const [isLater, setLater] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), afterMs)
    return () => clearTimeout(timer)
  }, [])
  return isLater ? (
    <Suspense>
      <BrokenLine />
    </Suspense>
  ) : null
}

/** No source sends: the health of every tenant is unknown, and that is not the tenants' doing. */
function SilentLine() {
  const { data: signals } = useQuery({ ...signalsQuery, enabled: canUseConsole(useMe()) })
  if (signals?.state !== 'stale') return null
  return (
    <p
      role="status"
      className="flex shrink-0 items-center justify-center gap-2 border-warn-edge border-b bg-warn-wash px-4 py-1 font-medium text-warn text-xs"
    >
      <RadioTower aria-hidden="true" className="size-3.5 shrink-0" />
      <span>
        No signal from any source{signals.last_at ? ', the last one ' : ''}
        {signals.last_at ? <Since at={signals.last_at} /> : null}: the health of tenants is unknown.
      </span>
    </p>
  )
}

const warnSeconds = 60

function IdleLine() {
  const me = useMe()
  const now = useNow(1)
  const left = (Math.min(Date.parse(me.idle_expires_at), Date.parse(me.expires_at)) - now) / 1000
  if (left > warnSeconds) return null
  const canStay = Date.parse(me.expires_at) > Date.parse(me.idle_expires_at)
  return (
    <p
      role="alert"
      className="flex shrink-0 items-center justify-center gap-2 border-warn-edge border-b bg-warn-wash px-4 py-1 font-medium text-warn text-xs nums"
    >
      <Timer aria-hidden="true" className="size-3.5 shrink-0" />
      You will be signed out in {formatCountdown(left)}.
      {canStay ? (
        <button
          type="button"
          className="underline underline-offset-2"
          onClick={() => void client.refetchQueries({ queryKey: meQuery.queryKey })}
        >
          Stay signed in
        </button>
      ) : null}
    </p>
  )
}
