import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { type LocalProvider, localPath } from './open.ts'
import { choicePage, errorPage, localStyle } from './pages.ts'
import { findPerson } from './people.ts'

/**
 * Whatever the provider does to its answer, the door's headers stand, and no other site may read it (WB-1, WB-4). Its own
 * session is never kept: who somebody is, is asked anew each time.
 */
const keepHeaders = (response: ServerResponse, headers: OutgoingHttpHeaders): void => {
  const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse
  response.writeHead = ((...head: unknown[]) => {
    for (const name of response.getHeaderNames()) if (name.startsWith('access-control-')) response.removeHeader(name)
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value)
    const cookies = [response.getHeader('set-cookie') ?? []]
      .flat()
      .filter((cookie) => !/^local_oidc_session(?:\.sig)?=/.test(String(cookie)))
    if (cookies.length > 0) response.setHeader('set-cookie', cookies as string[])
    else response.removeHeader('set-cookie')
    return writeHead(...head)
  }) as ServerResponse['writeHead']
}

const send = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** One step of a person: who are you? With a name given, on to the answer. */
const interact = async (
  local: LocalProvider,
  request: IncomingMessage,
  response: ServerResponse,
  login: string | undefined,
): Promise<void> => {
  try {
    const provider = await local.provider()
    const { uid, params } = await provider.interactionDetails(request, response)
    const person = findPerson(login ?? params.login_hint)
    if (person === undefined) send(response, 200, 'text/html', choicePage(localPath, uid))
    else await provider.interactionFinished(request, response, { login: { accountId: person.login, remember: false } })
  } catch {
    if (!response.headersSent) send(response, 400, 'text/html', errorPage(localPath))
  }
}

/** Answers a request below the local provider's path. The door has set its headers on the answer by now. */
export const answerLocal = async (local: LocalProvider, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  keepHeaders(response, { ...response.getHeaders() })
  const url = request.url ?? ''
  const path = url.slice(localPath.length)
  if (path === '/style.css') return send(response, 200, 'text/css', localStyle)
  const interaction = /^\/interaction\/[A-Za-z0-9_-]{1,100}(?:\/([a-z]{1,20}))?$/.exec(path)
  if (interaction !== null && request.method === 'GET') return interact(local, request, response, interaction[1])
  // Whose page called was judged by the door; the provider's own rules for other origins have no say.
  delete request.headers.origin
  // Where it is mounted, the provider reads off these two.
  Object.assign(request, { originalUrl: url, url: path })
  const provider = await local.provider()
  await provider.callback()(request, response)
}
