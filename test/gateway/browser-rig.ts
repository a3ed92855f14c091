import { createHash } from 'node:crypto'
import type { Session } from '@countersign/contract/sessions.ts'
import type { View } from '@countersign/contract/views.ts'
import { expect } from 'vitest'
import type { StaffPrincipal } from '../../server/src/access/principal.ts'
import { closeView } from '../../server/src/sessions/views/close.ts'
import { mintCode } from '../../server/src/sessions/views/mint-code.ts'
import { openView } from '../../server/src/sessions/views/open.ts'
import { type RawAnswer, rawRequest, sendRaw } from '../support/raw.ts'
import { browsersOf, type GatewayRig, startGatewayRig } from './rig.ts'

/** A view with a browser that was let in at each of its origins. */
export type Entered = View & {
  session: Session
  token: string
  /** `Host: …`, and the cookie, of the default upstream's origin. */
  host: string
  cookie: string
  origin: string
}

export type BrowserRig = GatewayRig & {
  openView(sessionId: string, by?: StaffPrincipal): Promise<View>
  closeView(sessionId: string, viewId: string, by?: StaffPrincipal): Promise<void>
  mint(sessionId: string, view: View, given: { origin?: string; browser: string; by?: StaffPrincipal }): Promise<string>
  /** The enter page as the console's frame loads it: what it tells the console, and the cookie that it leaves. */
  loadEnter(origin: string): Promise<{ answer: RawAnswer; browser: string; cookie: string }>
  /** The form that the enter page sends. */
  sendCode(origin: string, given: { code: string; cookie?: string; path?: string | null; headers?: readonly string[] }): Promise<RawAnswer>
  /** Opens a session and a view, and enters. */
  enter(input?: Parameters<GatewayRig['open']>[0]): Promise<Entered>
  /** What a script of the page sends. */
  fetch(entered: Entered, first: string, headers?: readonly string[], body?: string): Promise<RawAnswer>
}

export const hostOf = (origin: string): string => `Host: ${new URL(origin).host}`
export const ownFetch = ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty']
export const ownNavigation = ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe']

/** The value of a cookie that an answer sets. */
export const cookieIn = (answer: RawAnswer, name: string): string | undefined =>
  answer.headers
    .get('set-cookie')
    ?.split('\n')
    .find((line) => line.startsWith(`${name}=`))
    ?.split(';', 1)[0]

export const startBrowserRig = async ({
  gateway = '',
  browserOrigin = 'https://*.view.example',
  ...options
}: Parameters<typeof startGatewayRig>[0] & { browserOrigin?: string } = {}): Promise<BrowserRig> => {
  const rig = await startGatewayRig({ ...options, gateway: `browser_origin: ${browserOrigin}\n  ${gateway}` })
  const { store, journal } = rig.database
  const needs = { store, journal, views: browsersOf(rig.config), onViewsClosed: rig.gateway.cutViews }
  const as = (principal: StaffPrincipal = rig.staff) => ({ ...needs, principal })
  const send = async (first: string, headers: readonly string[], body = ''): Promise<RawAnswer> => {
    const answer = await sendRaw(rig.port, rawRequest(`${first} HTTP/1.1`, headers, body), first.split(' ')[0])
    if (!answer) throw new Error(`no answer to ${first}`)
    return answer
  }
  const browserRig: BrowserRig = {
    ...rig,
    openView: (sessionId, by) => openView(as(by), sessionId),
    closeView: (session_id, view_id, by) => closeView(as(by), { session_id, view_id }),
    mint: async (session_id, { view_id, origins }, { origin = origins[0]?.origin ?? '', browser, by }) =>
      (await mintCode(as(by), { session_id, view_id, origin, browser })).code,
    loadEnter: async (origin) => {
      const headers = [hostOf(origin), 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe']
      const answer = await send('GET /.countersign/enter', headers)
      const cookie = cookieIn(answer, '__Host-countersign-enter') ?? ''
      const browser = createHash('sha256')
        .update(cookie.slice(cookie.indexOf('=') + 1))
        .digest('base64url')
      expect(answer.body).toContain(`data-browser="${browser}"`)
      return { answer, browser, cookie }
    },
    sendCode: (origin, { code, cookie, path = '/', headers = [] }) => {
      const body = new URLSearchParams({ code, path: path ?? '' }).toString()
      const head = [hostOf(origin), `Origin: ${origin}`, ...ownNavigation, 'Content-Type: application/x-www-form-urlencoded']
      return send(
        'POST /.countersign/enter',
        [...head, `Content-Length: ${body.length}`, ...(cookie === undefined ? [] : [`Cookie: ${cookie}`]), ...headers],
        body,
      )
    },
    enter: async (input = {}) => {
      const { session, token } = await rig.open(input)
      const view = await browserRig.openView(session.id, input.by)
      const origin = view.origins[0]?.origin ?? ''
      const { browser, cookie } = await browserRig.loadEnter(origin)
      const code = await browserRig.mint(session.id, view, { browser, ...(input.by ? { by: input.by } : {}) })
      const answer = await browserRig.sendCode(origin, { code, cookie, path: '/v1/reports' })
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/v1/reports'])
      return { ...view, session, token, host: hostOf(origin), origin, cookie: cookieIn(answer, '__Host-countersign-view') ?? '' }
    },
    fetch: ({ host, cookie }, first, headers = ownFetch, body = '') => send(first, [host, `Cookie: ${cookie}`, ...headers], body),
  }
  return browserRig
}
