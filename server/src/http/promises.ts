import type { ServerResponse } from 'node:http'
import type { Event } from '@countersign/contract/events.ts'
import { promisedMaximum, promiseHeader } from '@countersign/contract/promises.ts'
import { leafOf } from '@countersign/log/entry.ts'
import type { Signer } from '@countersign/log/note.ts'
import { dueOf, type PromisedEntry, promiseSignerOf, signPromise } from '@countersign/log/promise.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import type { LogIdentity } from '../audit/checkpoint.ts'
import { type Committed, hearCommitted } from '../audit/committed.ts'
import type { Door } from './door.ts'

export type PromisingKey = LogIdentity & { signer: Signer }

/** The leaf is that of the very bytes that the sequencer will read. */
const entryOf = (body: string): PromisedEntry => {
  const { id, occurred_at } = JSON.parse(body) as Event
  return { id, occurred_at, leaf: leafOf(sha256, body) }
}

/** Puts on an answer, as long as its headers wait, that the log will have what was committed. */
const newPromise = ({ origin }: LogIdentity, signer: Signer, answer: ServerResponse): Committed => {
  const entries: PromisedEntry[] = []
  return (bodies) => {
    if (answer.headersSent || entries.length >= promisedMaximum) return
    entries.push(...bodies.slice(0, promisedMaximum - entries.length).map(entryOf))
    const note = signPromise({ origin, due: dueOf(entries), entries }, signer)
    answer.setHeader(promiseHeader, Buffer.from(note).toString('base64'))
  }
}

/**
 * Every answer of the door carries an inclusion promise of the events that its request committed, whatever recorded them: nothing
 * below has to hand them on, so nothing can forget to.
 */
export const promiseCommitted = (app: Door, key: PromisingKey): void => {
  const signer = promiseSignerOf(sha256, key.verifier, key.signer)
  app.addHook('onRequest', (_request, reply, done) => hearCommitted(newPromise(key, signer, reply.raw), done))
}

type Described = { paths?: Record<string, Record<string, { responses?: Record<string, { headers?: object }> }>>; components?: object }

const promised = (path: string): boolean => /^\/(api|v1|auth)\//.test(path)

/** Says in the OpenAPI document which answers may carry a promise. */
export const describePromises = <D extends object>(document: D): D => {
  const { paths = {}, components } = document as Described
  for (const [path, methods] of Object.entries(paths)) {
    if (!promised(path)) continue
    for (const { responses = {} } of Object.values(methods))
      for (const response of Object.values(responses))
        response.headers = { ...response.headers, 'Countersign-Promise': { $ref: '#/components/headers/Promise' } }
  }
  const header = {
    description: `Where the request recorded something: base64 of a signed note (C2SP signed-note) by which the log promises to have it within a minute, up to ${promisedMaximum} events. See docs/verify.md.`,
    schema: { type: 'string', format: 'byte' },
  }
  return { ...document, components: { ...components, headers: { Promise: header } } }
}
