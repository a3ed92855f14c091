import type { z } from 'zod'
import { isPersonActive } from './activity.ts'
import { noteAnswer, noteSilence } from './connection.ts'
import { type Failure, garbledAnswer, lostConnection, parseFailure } from './failure.ts'
import { noticePromise } from './promises.ts'

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
    noticePromise(answer)
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

type Answers = typeof import('./answers.ts')
type AnswerName = keyof Answers
type Answer<N extends AnswerName> = z.infer<Answers[N]>
let answers: Answers | undefined

/**
 * Fetches the schemas of answers, from when on every answer is checked: a tab that stays open may be older than the server by then.
 * The first page does without: it comes from the server that it asks, and that parses its answers on their way out.
 */
export const loadAnswers = async (): Promise<void> => {
  answers = await import('./answers.ts')
}

const refuse = async (answer: Response): Promise<never> => {
  const failure = parseFailure(answer.status, await readJson(answer))
  if (answer.status === 401) reportSignedOut(failure)
  throw failure
}

/** Answers what arrived, whole: members that the schema does not name are kept, because a leaf's hash covers them. */
const read = async <N extends AnswerName>(answer: Response, name: N): Promise<Answer<N>> => {
  if (!answer.ok) return refuse(answer)
  const body = await readJson(answer)
  if (answers && !answers[name].safeParse(body).success) throw garbledAnswer(answer.status)
  return body as Answer<N>
}

export const get = async <N extends AnswerName>(path: string, name: N, signal?: AbortSignal): Promise<Answer<N>> => {
  const headers = { accept: 'application/json', ...(isPersonActive() ? {} : backgroundHeader) }
  return read(await send(path, { headers, signal: signal ?? null }), name)
}

/** Bytes that are checked by what they are, such as a proof or a tile of hashes. */
export const getBytes = async (path: string, isBackground = !isPersonActive()): Promise<Uint8Array<ArrayBuffer>> => {
  const answer = await send(path, { headers: isBackground ? backgroundHeader : {} })
  if (!answer.ok) return refuse(answer)
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

export const post = async <N extends AnswerName>(
  path: string,
  body: unknown,
  name: N,
  headers?: Record<string, string>,
): Promise<Answer<N>> => read(await sendBody(path, body, headers), name)

/** Where the answer says nothing but that it is done. */
export const postSilent = async (path: string, body: unknown = {}, rest: RequestInit = {}): Promise<void> => {
  const answer = await sendBody(path, body, {}, rest)
  if (!answer.ok) await refuse(answer)
}

/** `endSessions`: my open support sessions too; left out, as the configuration says. */
export const signOut = async (endSessions?: boolean): Promise<void> => {
  await sendBody('/auth/sign-out', endSessions === undefined ? {} : { end_sessions: endSessions })
}
