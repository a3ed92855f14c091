import { Refusal } from '../errors.ts'

/** What pg hands over, errors and notices alike: the SQLSTATE or the socket's code, where there is one. */
type Told = { code?: string; message?: string }

/**
 * The server committed here but could not confirm that a standby has it: someone cancelled the wait or ended the server.
 * It says so in a warning beside a COMMIT that looks like success.
 */
export const isUnconfirmed = ({ message = '' }: Told): boolean => /cancell?ing (the )?wait for synchronous replication/i.test(message)

const sqlstate = ({ code = '' }: Told): string => (/^[0-9A-Z]{5}$/.test(code) ? code : '')

/** Classes of SQLSTATE that speak of the server, not of the statement. */
const serverTrouble = /^(08|53|57P|58|28|3D)|^(57014|25006|XX001|XX002)$/

/** The text of errors that pg makes itself: they carry no code. */
const clientTrouble =
  /timeout exceeded|timeout expired|connection terminated|connection timeout|not queryable|after calling end|client was closed|no answer within/i

/** True where the fault lies with the database or the way to it. */
export const isStoreTrouble = (error: unknown): boolean => {
  const told = error as Told & { errno?: unknown; syscall?: unknown }
  const state = sqlstate(told)
  if (state !== '' && told.syscall === undefined) return serverTrouble.test(state)
  return told.syscall !== undefined || clientTrouble.test(told.message ?? '')
}

/** True where the connection went away with the statement: nobody knows how it ended. */
const isLost = (error: Told): boolean => {
  const state = sqlstate(error)
  return (state === '' || state.startsWith('57P') || state.startsWith('08')) && !/not queryable|was closed/i.test(error.message ?? '')
}

/** True where the statement, sent outside a transaction or ending one, may have been committed when its answer was lost. */
export const mayCommit = (text: string, insideTransaction: boolean): boolean => {
  if (/^\s*(commit|end|prepare\s+transaction)\b/i.test(text) || text.includes(';')) return true
  if (insideTransaction || /^\s*(select|show|set|begin|start|rollback|table|values|explain)\b/i.test(text)) return false
  return !/^\s*with\b/i.test(text) || /\b(insert|update|delete|merge)\b/i.test(text)
}

/** The refusal for an error of the store; any other error as it is. */
export const toRefusal = (error: unknown, committing: boolean): unknown => {
  if (error instanceof Refusal || !isStoreTrouble(error)) return error
  // Our own limit on a statement, or an administrator, ended it: the database does answer.
  if (sqlstate(error as Told) === '57014') return new Refusal('took_too_long', { cause: error })
  return new Refusal(committing && isLost(error as Told) ? 'not_durable' : 'store_unavailable', { cause: error })
}
