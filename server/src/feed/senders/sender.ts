import { CallFailure } from '../../outbound/failure.ts'
import type { Answer } from '../../outbound/line.ts'
import type { FeedRecord } from '../formats/record.ts'

/** One event as it goes out: what it is, and what was made of it. */
export type Item = FeedRecord & { text: string; isJson: boolean; subject?: string }

/** Sends events to one destination, in order. Answers when the destination has taken all of them; throws Rejected or Unsent. */
export type Sender = {
  send(items: readonly Item[]): Promise<void>
  close(): Promise<void>
  /** How many go together. */
  readonly limits: { events: number; bytes: number }
}

/** The destination refuses events for what they are: the same again would be refused again. */
export class Rejected extends Error {
  override name = 'Rejected'
  /** Their places in the log, where it said which; all others of the batch were taken. */
  readonly indexes: readonly number[] | undefined

  constructor(why: string, indexes?: readonly number[]) {
    super(why)
    this.indexes = indexes
  }
}

/** The destination did not take the events now. Some may have arrived: they come again. */
export class Unsent extends Error {
  override name = 'Unsent'
}

/** What a person is told of a call that failed. */
export const unsentBy = (cause: unknown): Unsent =>
  new Unsent(cause instanceof CallFailure ? cause.message : 'it could not be reached', { cause })

/** The JSON of an answer; undefined where it is none. */
export const parseAnswer = ({ body }: Pick<Answer, 'body'>): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** By what the destination says of the body itself; anything else is about us, or about how it is doing. */
const refusing = new Set([400, 413, 422])

export const requireTaken = ({ status }: Answer): void => {
  if (status >= 200 && status < 300) return
  if (refusing.has(status)) throw new Rejected(`it answered ${status}`)
  throw new Unsent(status >= 300 && status < 400 ? `it answered ${status}: redirects are not followed` : `it answered ${status}`)
}
