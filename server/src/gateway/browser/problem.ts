import type { Refusal } from '../../errors.ts'
import { formatProblem } from '../../errors.ts'
import type { Exchange } from '../exchange.ts'
import { type Browsers, pageHeaders, viewHeaders } from './headers.ts'
import { problemPage } from './pages.ts'

/** A refusal as a browser is shown it: a page where a person looks, problem details where a script asked. */
export const browserProblemOf = (
  browsers: Browsers,
  { id, request, place, sister }: Exchange,
  refusal: Refusal,
  secure: boolean,
): { headers: string[]; body: Buffer } => {
  if (place === undefined || request.headers['sec-fetch-mode'] === 'navigate') {
    const { html, ...sources } = problemPage(refusal, id, browsers.console)
    const headers = pageHeaders(browsers, { id, secure }, sources)
    return { headers: [...headers, 'content-type', 'text/html; charset=utf-8', 'content-length', String(html.length)], body: html }
  }
  const body = Buffer.from(JSON.stringify(formatProblem(refusal, id)))
  const headers = viewHeaders(browsers, { id, place, secure, sister })
  return { headers: [...headers, 'content-type', 'application/problem+json', 'content-length', String(body.length)], body }
}
