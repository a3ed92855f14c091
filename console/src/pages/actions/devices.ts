import type { UserSession } from '@countersign/contract/users.ts'
import { plural } from '../../ui/format.ts'

const named = (session: UserSession): string => session.device ?? 'an unknown device'

/** "2 sessions end: Firefox on Linux, and an iPhone" is what people ask about on the phone; more than three are counted. */
export const endingWords = (sessions: readonly UserSession[]): string => {
  if (sessions.length === 0) return 'There is no session to end.'
  const names = [...new Set(sessions.map(named))]
  const shown = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} other devices`] : names
  const list = shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : shown[0]
  return `${plural(sessions.length, 'session')} ${sessions.length === 1 ? 'ends' : 'end'}, on ${list}.`
}
