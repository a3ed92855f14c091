import { enterPath } from '@countersign/contract/views.ts'
import type { Refusal } from '../../errors.ts'
import { type Browsers, pageHeaders } from './headers.ts'
import { problemPage } from './pages.ts'

/** Says that the page asked for already comes from the answer below. */
const again = `${enterPath}?again=1`

/**
 * A page can set cookies for the whole domain of views, so many that the head of a request is longer than a server takes: then its views
 * would be shut to this browser. The answer clears them, and the page that enters a view is asked for once more. What host it was for
 * stands in the bytes that could not be read to their end; elsewhere a head that is too long is refused as ever.
 */
export const crowdedProblemOf = (
  browsers: Browsers,
  bytes: Buffer | undefined,
  { id, refusal, secure }: { id: string; refusal: Refusal; secure: boolean },
): { headers: string[]; body: Buffer } | undefined => {
  const head = bytes?.toString('latin1', 0, 4_096) ?? ''
  const [, host = ''] = /\r\nhost:[ \t]*([^\s]+)[ \t]*\r\n/i.exec(head) ?? []
  if (!browsers.labels.find(host)) return undefined
  const { html, ...sources } = problemPage(refusal, id)
  const headers = [...pageHeaders(browsers, { id, secure }, sources), 'clear-site-data', '"cookies"']
  if (head.startsWith(`GET ${enterPath} `)) headers.push('refresh', `0; url=${again}`)
  return { headers: [...headers, 'content-type', 'text/html; charset=utf-8', 'content-length', String(html.length)], body: html }
}
