import { client } from '../../api/client.ts'
import { closeOverlay } from '../../ui/overlay.ts'

/** Leaves everything that was shown behind, and comes back to the same place after signing in. */
export const goToSignIn = (why: string) => {
  if (location.pathname === '/sign-in') return
  closeOverlay()
  client.clear()
  const here = `${location.pathname}${location.search}`
  const search = new URLSearchParams({ why, ...(here === '/' || why === 'signed_out' ? {} : { return_to: here }) })
  location.assign(`/sign-in?${search}`)
}
