import type { Dispatcher } from 'undici'
import { Refusal } from '../../errors.ts'

export const answerLimitBytes = 5_000_000

const garbled = (cause: unknown): Refusal => new Refusal('directory_garbled', { cause })

/**
 * What a string from outside may not hold: NUL, which PostgreSQL cannot store, and lone surrogates, which have no UTF-8
 * form and so no hash that two programs would agree on.
 */
const cleanText = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')

/** Parses JSON from outside; every string in it is storable afterwards. */
export const parseOutsideJson = (text: string): unknown =>
  JSON.parse(text, (_name, value: unknown) => (typeof value === 'string' ? cleanText(value) : value))

const readBounded = async (body: Dispatcher.ResponseData['body']): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > answerLimitBytes) throw garbled(new Error(`more than ${answerLimitBytes} bytes`))
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw garbled(cause)
  }
}

/** The JSON value of a connector's answer; undefined for 404. Everything else is refused, and what was sent is not repeated. */
export const readAnswer = async ({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<unknown> => {
  const mediaType = String(headers['content-type'] ?? '')
    .split(';', 1)[0]
    ?.trim()
    .toLowerCase()
  const refuse = (refusal: Refusal): never => {
    // The connection is given up: nobody reads what else comes.
    body.on('error', () => {}).destroy()
    throw refusal
  }
  if (statusCode === 404) {
    await body.dump({ limit: 100_000 })
    return undefined
  }
  if (statusCode === 429 || statusCode >= 500) refuse(new Refusal('directory_unavailable', { cause: new Error(`status ${statusCode}`) }))
  if (statusCode !== 200) refuse(garbled(new Error(`status ${statusCode}`)))
  if (mediaType !== 'application/json') refuse(garbled(new Error(`content-type ${mediaType?.slice(0, 100)}`)))
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') refuse(garbled(new Error('an encoded body, which was not asked for')))
  const text = await readBounded(body).catch((error) => {
    if (error?.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') throw garbled(error)
    throw error
  })
  try {
    return parseOutsideJson(text)
  } catch (cause) {
    throw garbled(cause)
  }
}
