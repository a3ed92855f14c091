import { z } from 'zod'
import { isPersonActive } from './activity.ts'
import { noteAnswer, noteSilence } from './connection.ts'
import { type Failure, garbledAnswer, lostConnection, parseFailure } from './failure.ts'

type Listener = (failure: Failure) => void
let signedOut: Listener = () => {}
/** What to do when the server says that nobody is signed in any more. */
export const onSignedOut = (listener: Listener) => {
  signedOut = listener
}
export const reportSignedOut = (failure: Failure) => signedOut(failure)

/** Calls that nobody caused do not keep a sign-in alive. */
export const backgroundHeader = { 'countersign-background': '1' }

type Query = Record<string, string | number | undefined>

export const withQuery = (path: string, query: Query = {}): string => {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`
}

const send = async (path: string, init: RequestInit): Promise<Response> => {
  try {
    const answer = await fetch(path, { ...init, cache: 'no-store', credentials: 'same-origin' })
    noteAnswer()
    return answer
  } catch (error) {
    if (init.signal?.aborted) throw error
    noteSilence()
    throw lostConnection()
  }
}

const readJson = async (answer: Response): Promise<unknown> => {
  try {
    return await answer.json()
  } catch {
    throw garbledAnswer(answer.status)
  }
}

/** Answers what arrived, whole: members that the schema does not name are kept, because a leaf's hash covers them. */
const read = async <S extends z.ZodType>(answer: Response, schema: S): Promise<z.infer<S>> => {
  const body = await readJson(answer)
  if (!answer.ok) {
    const failure = parseFailure(answer.status, body)
    if (answer.status === 401) reportSignedOut(failure)
    throw failure
  }
  if (!schema.safeParse(body).success) throw garbledAnswer(answer.status)
  return body as z.infer<S>
}

export const get = async <S extends z.ZodType>(path: string, schema: S, signal?: AbortSignal): Promise<z.infer<S>> => {
  const headers = { accept: 'application/json', ...(isPersonActive() ? {} : backgroundHeader) }
  return read(await send(path, { headers, signal: signal ?? null }), schema)
}

/** Bytes that are checked by what they are, such as a proof or a tile of hashes. */
export const getBytes = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
  const answer = await send(path, { headers: isPersonActive() ? {} : backgroundHeader })
  if (!answer.ok) return read(answer, z.never())
  try {
    return new Uint8Array(await answer.arrayBuffer())
  } catch {
    throw lostConnection()
  }
}

const sendBody = (path: string, body: unknown, more: Record<string, string> = {}, rest: RequestInit = {}): Promise<Response> => {
  const headers = { accept: 'application/json', 'content-type': 'application/json', ...more }
  return send(path, { method: 'POST', headers, body: JSON.stringify(body), ...rest })
}

export const post = async <S extends z.ZodType>(
  path: string,
  body: unknown,
  schema: S,
  headers?: Record<string, string>,
): Promise<z.infer<S>> => read(await sendBody(path, body, headers), schema)

/** Where the answer says nothing but that it is done. */
export const postSilent = async (path: string, body: unknown = {}, rest: RequestInit = {}): Promise<void> => {
  const answer = await sendBody(path, body, {}, rest)
  if (!answer.ok) await read(answer, z.never())
}

/** `endSessions`: my open support sessions too; left out, as the configuration says. */
export const signOut = async (endSessions?: boolean): Promise<void> => {
  await sendBody('/auth/sign-out', endSessions === undefined ? {} : { end_sessions: endSessions })
}
