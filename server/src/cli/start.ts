import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { Trouble } from '../errors.ts'
import type { FirstLook } from '../run/first-look.ts'

/** What the program is, once it runs. */
export type Running = {
  addresses: Record<string, string>
  /** What the program needs of others, and does not get now. */
  troubles: readonly FirstLook[]
  /** Where people sign in; undefined at the local provider. */
  issuer: string | undefined
  close(): Promise<void>
}
/** Where the program's log goes: into a file of the data folder, or to standard output, a line of JSON each. */
export const logPlaces = ['file', 'stdout'] as const
export type LogPlace = (typeof logPlaces)[number]

export type Start = (options: {
  file?: string
  roles?: string
  logTo?: LogPlace
  environment: NodeJS.ProcessEnv
  /** Aborted when it is told to end: what has started by then is closed, and it throws the reason. */
  told: AbortSignal
  say: (line: string) => void
}) => Promise<Running>

const drainMilliseconds = 30_000

/** What is said once the program runs. */
export const formatBanner = ({ addresses, issuer, troubles }: Omit<Running, 'close'>, seconds: string): string => {
  const { console: consoleUrl, gateway, example, database, data_dir, config } = addresses
  const signIn = issuer === undefined ? 'sign in with one click: rob, val, mgr, ada or aud' : `sign in at ${new URL(issuer).host}`
  const rows = [
    ['Console', `${consoleUrl}   ${signIn}`],
    ['Tenant API', `${consoleUrl}/v1/audit   with X-API-Key`],
    ['Gateway', `${gateway}   with Authorization: Bearer css_…`],
    ...(example === undefined ? [] : [['Acme', `${example}   the example product`]]),
    ['Database', `${database}`],
    ['Data', `${data_dir}`],
    ['Config', `${config}`],
  ]
  const trial = [...(issuer === undefined ? ['local sign-in'] : []), ...(example === undefined ? [] : ['example data'])].join(' and ')
  const warning = trial === '' ? '' : `\n  ${trial.slice(0, 1).toUpperCase()}${trial.slice(1)}: not for production.\n`
  const away = troubles.map(({ name, why, waits }) => `\n  ${waits ? 'Not ready yet:' : 'PROBLEM with'} the ${name}: ${why}\n`).join('')
  return `\n  Countersign is ready (${seconds} s)\n\n${rows.map(([name, text]) => `  ${(name as string).padEnd(11)} ${text}`).join('\n')}\n${away}${warning}\n  Press Ctrl-C to stop.\n\n`
}

/**
 * npm hands a signal to the shell between us, which ends and hands nothing on: the loss of our parent is what we hear of it. Started
 * without npm, the program may outlive its parent.
 */
const onOrphaned = (heard: () => void): void => {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    heard()
  }, 200).unref()
}

type StartOptions = { file?: string; roles?: string; log?: string; json: boolean }

const logPlaceOf = (text: string | undefined): LogPlace => {
  if (text === undefined || text === '') return 'file'
  const place = logPlaces.find((one) => one === text)
  if (place === undefined) throw new Trouble(`The log cannot go to ${text}.`, `Choose one of ${logPlaces.join(', ')}.`)
  return place
}

/** Aborted by the first signal. A second one ends the process at once, and so does the end of the time to close. */
const listenForEnd = (heard: (why: string) => void): AbortSignal => {
  const told = new AbortController()
  const end = (why: string): void => {
    if (told.signal.aborted) return
    setTimeout(() => process.exit(1), drainMilliseconds).unref()
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1))
    heard(why)
    told.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => end(name))
  onOrphaned(() => end('npm ended'))
  return told.signal
}

/** Runs until it is told to end: then what is under way is finished, for at most 30 seconds. A second signal ends at once. */
export const runStart = async (start: Start, options: StartOptions): Promise<number> => {
  const began = performance.now()
  const logTo = logPlaceOf(options.log ?? process.env.COUNTERSIGN_LOG)
  const say = (line: string): void => {
    process.stderr.write(`  ${line} …\n`)
  }
  const isTalking = !options.json && logTo === 'file'
  // Listened to from the beginning: told to end while it starts, it closes what it has.
  const told = listenForEnd((why) => isTalking && say(`${why}: ending what is under way`))
  const starting = start({ file: options.file, roles: options.roles, logTo, environment: process.env, told, say })
  const running = await starting.catch((error: unknown) => {
    if (!told.aborted) throw error
    return undefined
  })
  if (!running) return 0
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const degraded = running.troubles.map(({ name }) => name)
  // Where the log goes there too, it has said so itself.
  if (options.json) process.stdout.write(`${JSON.stringify({ ...running.addresses, degraded })}\n`)
  else if (isTalking) process.stdout.write(formatBanner(running, seconds))
  // Kept now: a program that is killed keeps nothing at its end.
  flushCompileCache()
  if (!told.aborted) await once(told, 'abort')
  await running.close()
  return 0
}
