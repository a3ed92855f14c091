import type { Session } from '@countersign/contract/sessions.ts'
import { shortId } from '../../ui/format.ts'

type Told = Pick<Session, 'id' | 'tenant_id' | 'target_user_id' | 'target_user_label' | 'reason'>

/** What tells a session of mine from the others on the same tenant: the user it is on, or the reason; undefined where there are no others. */
export const tellApart = (session: Told, among: readonly Told[]): string | undefined => {
  const others = among.filter(({ id, tenant_id }) => tenant_id === session.tenant_id && id !== session.id)
  if (others.length === 0) return undefined
  const { target_user_id: user, target_user_label: label, reason } = session
  const byUser = others.every((other) => other.target_user_id !== user)
  if (byUser) return user === null ? 'everybody' : (label ?? shortId(user))
  return reason ?? shortId(session.id)
}
