import type { MintCode, View } from '@countersign/contract/views.ts'
import { post, postSilent } from './call.ts'

const address = (sessionId: string) => `/api/sessions/${encodeURIComponent(sessionId)}/views`

/** Opens the product in this browser, on origins that nothing else was ever on. */
export const openView = (sessionId: string): Promise<View> => post(address(sessionId), {}, 'View')

export const mintCode = async (sessionId: string, viewId: string, input: MintCode): Promise<string> =>
  (await post(`${address(sessionId)}/${viewId}/codes`, input, 'MintedCode')).code

/** What is closed already, with its session or by another view, stays closed. Sent even where the page is on its way out. */
export const closeView = (sessionId: string, viewId: string): Promise<void> =>
  postSilent(`${address(sessionId)}/${viewId}/closure`, {}, { keepalive: true }).catch(() => {})
