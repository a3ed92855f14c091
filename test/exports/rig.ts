import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { Export } from '@countersign/contract/exports.ts'
import type { Visitor } from '../support/browser.ts'
import { until } from '../support/until.ts'

export type Ask = { filters?: Record<string, string>; format?: string; reason?: string }

export const reason = 'The quarterly review of access'

/** Asks for an export, as staff by a sign-in or as a tenant by a key, and waits until it is what it is to become. */
export const prepared = async (visitor: Pick<Visitor, 'get' | 'send'>, ask: Ask, base = '/api/exports', seconds = 20): Promise<Export> => {
  const body = base === '/api/exports' ? { format: 'ndjson', reason, ...ask } : { format: 'ndjson', ...ask }
  const asked = await visitor.send('POST', base, body)
  const made = (await asked.json()) as Export
  if (asked.status !== 202) throw Object.assign(new Error(JSON.stringify(made)), { problem: made })
  return await until(async () => {
    const now = (await (await visitor.get(`${base}/${made.id}`)).json()) as Export
    return now.state !== 'preparing' && now
  }, seconds)
}

export const fileOf = async (
  visitor: Pick<Visitor, 'get'>,
  { id }: Pick<Export, 'id'>,
  base = '/api/exports',
  headers = {},
): Promise<Buffer> => {
  const answer = await visitor.get(`${base}/${id}/file`, headers)
  if (answer.status >= 300) throw new Error(`${answer.status}: ${await answer.text()}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** A caller with a tenant's key. */
export const withKey = (origin: string, key: string): Pick<Visitor, 'get' | 'send'> => {
  const call = (method: string, path: string, body?: unknown, headers = {}) =>
    fetch(new URL(path, origin), {
      method,
      headers: {
        'x-api-key': key,
        ...(body === undefined ? {} : { 'content-type': 'application/json', origin: new URL(origin).origin }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { get: (path, headers) => call('GET', path, undefined, headers), send: call }
}

/** Takes the beginning of a file and breaks off: what arrived until then, at least so many bytes. */
export const beginningOf = async (url: string, headers: Record<string, string>, bytes: number): Promise<{ etag: string; got: Buffer }> => {
  const call = httpRequest(url, { headers }).end()
  const [answer] = (await once(call, 'response')) as [import('node:http').IncomingMessage]
  const chunks: Buffer[] = []
  let got = 0
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer)
    got += (chunk as Buffer).length
    if (got >= bytes) break
  }
  call.destroy()
  return { etag: answer.headers.etag as string, got: Buffer.concat(chunks) }
}
