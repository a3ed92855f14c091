import { isPassing } from '../api/client.ts'
import { useStaleSince } from '../api/connection.ts'
import { FailureNote } from './States.tsx'
import { Clock } from './Time.tsx'

type Props = {
  /** Why what is shown could not be read again. */
  error: unknown
  readAt: number
  what?: string
  onRetry?: () => void
}

/** What could not be read again stays on the screen, and says how old it is. */
export function Old({ error, readAt, what = 'What you see', onRetry }: Props) {
  const isLost = useStaleSince() !== null
  // Where nothing at all is heard of the server, the page itself says so.
  if (!error || (isLost && isPassing(error))) return null
  if (!isPassing(error)) return <FailureNote error={error} onRetry={onRetry} />
  return (
    <p role="status" className="text-sm text-warn">
      {what} could not be refreshed: it is as of <Clock at={readAt} />. The console keeps trying.
    </p>
  )
}
