import { hash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isTarget } from '@countersign/contract/target.ts'
import { HandOverCode, reservedPrefix } from '@countersign/contract/views.ts'
import { z } from 'zod'
import { parse } from '../../access/parse.ts'
import { Refusal } from '../../errors.ts'
import type { Exchange, Gate } from '../exchange.ts'
import { enterCookie, findCookie, formatCookie, formatGone, viewCookie } from './cookies.ts'
import { type Browsers, pageHeaders } from './headers.ts'
import { enteredPage, enterPage, type Page } from './pages.ts'
import { findSister } from './sister.ts'

/** Answers with a page of ours. */
export const answerPage = (
  { response, id }: Exchange,
  browsers: Browsers,
  {
    page: { html, ...sources },
    secure,
    status = 200,
    more = [],
  }: { page: Page; secure: boolean; status?: number; more?: readonly string[] },
): void => {
  const length = ['content-length', String(html.length)]
  response.writeHead(status, [
    ...pageHeaders(browsers, { id, secure }, sources),
    'content-type',
    'text/html; charset=utf-8',
    ...length,
    ...more,
  ])
  response.end(html)
}

/** The page that the console's frame begins with. What it tells the console is the hash of a secret that this browser alone is given. */
const showEnter = (exchange: Exchange, browsers: Browsers, secure: boolean): void => {
  if (exchange.headers.get('sec-fetch-dest') === 'document') throw new Refusal('outside_frame')
  const secret = randomBytes(32).toString('base64url')
  const page = enterPage(browsers.console, hash('sha256', secret, 'base64url'))
  answerPage(exchange, browsers, { page, secure, more: ['set-cookie', formatCookie(enterCookie, secret)] })
}

const bodyBytesMaximum = 8_192
const bodyMs = 10_000

const readBody = async (request: IncomingMessage): Promise<string> => {
  const late = setTimeout(() => request.destroy(new Refusal('request_timeout')), bodyMs)
  const chunks: Buffer[] = []
  try {
    let bytes = 0
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > bodyBytesMaximum) throw new Refusal('body_too_large')
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(late)
  }
  return Buffer.concat(chunks).toString('latin1')
}

/** Where to go on to: a path of the product, or nowhere. Never one of ours, which would ask for a code again. */
const Path = z
  .string()
  .refine((path) => path === '' || (isTarget(path) && !path.startsWith(reservedPrefix)), 'is not a path of the product')
const Entering = z.strictObject({ code: HandOverCode, path: Path })

const parseForm = (body: string): z.infer<typeof Entering> => {
  const fields = [...new URLSearchParams(body)]
  const form = Object.fromEntries(fields)
  if (Object.keys(form).length !== fields.length) throw new Refusal('invalid_request')
  return parse(Entering, form, { code: 'handover_refused' })
}

/** Takes the code, once, and lets the browser in by a cookie of this origin alone. */
const enter = async (exchange: Exchange, gate: Gate, browsers: Browsers): Promise<void> => {
  const { headers, place, request, response, id } = exchange
  const own = place && browsers.labels.originOf(place)
  if (headers.get('sec-fetch-site') !== 'same-origin' || findSister(exchange, browsers) !== own) throw new Refusal('cross_site')
  if (headers.get('content-type') !== 'application/x-www-form-urlencoded') throw new Refusal('unsupported_media_type')
  const { code, path } = parseForm(await readBody(request))
  const browser = findCookie(headers.get('cookie'), enterCookie) ?? ''
  const entered = await gate.handOver.enter({ code, browser, place: place as NonNullable<typeof place> })
  if ('refused' in entered) {
    if (entered.token_hash !== undefined) exchange.facts = await gate.findFacts(entered.token_hash)
    throw new Refusal(entered.refused)
  }
  const more = ['set-cookie', formatCookie(viewCookie, entered.cookie), 'set-cookie', formatGone(enterCookie)]
  const { secure } = gate
  if (path === '') return answerPage(exchange, browsers, { page: enteredPage(browsers.console), secure, more })
  response.writeHead(303, [...pageHeaders(browsers, { id, secure }, {}), 'location', path, 'content-length', '0', ...more])
  response.end()
}

/** `/.countersign/enter`. */
export const answerEnter = async (exchange: Exchange, gate: Gate, browsers: Browsers): Promise<void> => {
  if (exchange.method === 'GET') return showEnter(exchange, browsers, gate.secure)
  if (exchange.method === 'POST') return await enter(exchange, gate, browsers)
  throw new Refusal('method_refused')
}
