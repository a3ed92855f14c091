import { flushCompileCache } from 'node:module'

/** What the program is, once it runs. */
export type Running = { addresses: Record<string, string>; close(): Promise<void> }
export type Start = (options: { file?: string; environment: NodeJS.ProcessEnv; say: (line: string) => void }) => Promise<Running>

const drainMilliseconds = 30_000

const banner = ({ addresses }: Running, seconds: string): string => {
  const { console: consoleUrl, gateway, example, database, data_dir, config } = addresses
  const rows = [
    ['Console', `${consoleUrl}   sign in with one click: rob, val, mgr, ada or aud`],
    ['Tenant API', `${consoleUrl}/v1/audit   with X-API-Key`],
    ['Gateway', `${gateway}   with Authorization: Bearer css_…`],
    ...(example === undefined ? [] : [['Acme', `${example}   the example product`]]),
    ['Database', `${database}`],
    ['Data', `${data_dir}`],
    ['Config', `${config}`],
  ]
  const local = example === undefined ? '' : '\n  Local sign-in and example data: not for production.\n'
  return `\n  Countersign is ready (${seconds} s)\n\n${rows.map(([name, text]) => `  ${(name as string).padEnd(11)} ${text}`).join('\n')}\n${local}\n  Ctrl-C ends it.\n\n`
}

/** Runs until it is told to end: then what is under way is finished, for at most 30 seconds. A second signal ends at once. */
export const runStart = async (start: Start, options: { file?: string; json: boolean }): Promise<number> => {
  const began = performance.now()
  const say = (line: string): void => {
    process.stderr.write(`  ${line} …\n`)
  }
  // Listened to from the beginning: told to end while it starts, it ends at once, and takes the database server with it.
  let ready = false
  const told = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => (ready ? resolve(name) : process.exit(1)))
  })
  const running = await start({ file: options.file, environment: process.env, say })
  ready = true
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  process.stdout.write(options.json ? `${JSON.stringify(running.addresses)}\n` : banner(running, seconds))
  // Kept now: a program that is killed keeps nothing at its end.
  flushCompileCache()
  const signal = await told
  if (!options.json) say(`${signal}: ending what is under way`)
  setTimeout(() => process.exit(1), drainMilliseconds).unref()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1))
  await running.close()
  return 0
}
