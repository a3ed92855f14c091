import type { Me } from '@countersign/contract/staff.ts'
import { signOut } from '../../api/call.ts'
import { client } from '../../api/client.ts'
import { mySessionsQuery } from '../../api/sessions.ts'
import { openOverlay } from '../../ui/overlay.ts'
import { goToSignIn } from '../sign-in/go.ts'

/** Signs out; whoever has support sessions open is asked about them first. */
export const leave = (me: Me): void => {
  const open = client.getQueryData(mySessionsQuery(me.staff.id).queryKey)?.filter(({ standing }) => standing === 'usable') ?? []
  if (open.length > 0) openOverlay({ kind: 'sign_out' })
  else void signOut().then(() => goToSignIn('signed_out'))
}
