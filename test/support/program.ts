import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export const repository = resolve(import.meta.dirname, '../..')
export const mainFile = join(repository, 'server/src/main.ts')

export type Program = {
  console: string
  gateway: string
  example: string
  data_dir: string
  /** What did not answer when it was ready. */
  degraded: string[]
  child: ChildProcess
  /** Ends it as a person would, and waits. */
  stop(): Promise<void>
  /** Ends it without a chance to clean up, and waits. */
  kill(): Promise<void>
}

/** A new data folder for a database server of its own. */
export const newDataDir = (parent = tmpdir()): { path: string; remove(): void } => {
  const path = mkdtempSync(join(parent, 'countersign-program-'))
  // mkdtemp makes it private; then the database would be elsewhere where root runs this, and stay behind.
  chmodSync(path, 0o711)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Runs the program as `npm start -- --json` does, on free ports and a data folder of the caller's, and waits until it is ready. */
export const startProgram = async (
  dataDir: string,
  environment: Record<string, string> = {},
  options: readonly string[] = [],
  startOptions: readonly string[] = [],
): Promise<Program> => {
  const child = spawn(process.execPath, [mainFile, ...options, 'start', '--json', ...startOptions], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      COUNTERSIGN_PORT: '0',
      COUNTERSIGN_GATEWAY_PORT: '0',
      COUNTERSIGN_EXAMPLE_PORT: '0',
      COUNTERSIGN_DATA_DIR: dataDir,
      DATABASE_URL: '',
      // Its made-up history is for who looks at health.
      ACME_MADE_UP: '0',
      ...environment,
    },
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk}`.slice(-4_000)
  })
  const ended = once(child, 'exit')
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => text as string),
    ended.then(() => {
      throw new Error(`the program ended before it was ready:\n${errors}`)
    }),
  ])
  const addresses = JSON.parse(line) as Omit<Program, 'child' | 'stop' | 'kill'>
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await ended
  }
  return { ...addresses, child, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/** Runs a command of the program to its end. */
export const runCommand = async (
  args: string[],
  environment: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> => {
  const child = spawn(process.execPath, [mainFile, ...args], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DATABASE_URL: '', ...environment },
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}
