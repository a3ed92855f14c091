import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { z } from 'zod'
import { Trouble } from '../errors.ts'

export type Example = { url: string; stop(): Promise<void> }

const program = fileURLToPath(new URL('../../../examples/acme/src/main.ts', import.meta.url))
const Ready = z.object({ ready: z.literal(true), url: z.url() })

const needed = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'TZ', 'LANG', 'SystemRoot', 'NODE_COMPILE_CACHE']

/** What the example product gets of our environment: what any program needs, and its own settings. None of our secrets. */
export const exampleEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => needed.includes(name) || name.startsWith('ACME_')))

/** Runs the example product in a process of its own. It ends with us: its standard input is our pipe. */
export const startExample = async (options: {
  environment: NodeJS.ProcessEnv
  databaseUrl: string
  port: number
  consoleUrl: string
  upstreamAudience: string
  connectorAudience: string
  log: Logger
  onExit: (reason: string) => void
}): Promise<Example> => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...exampleEnvironment(options.environment),
      DATABASE_URL: options.databaseUrl,
      ACME_PORT: String(options.port),
      ACME_TRUSTED_ISSUER: options.consoleUrl,
      ACME_TRUSTED_JWKS_URL: `${options.consoleUrl}/.well-known/jwks.json`,
      ACME_AUDIENCE: options.upstreamAudience,
      ACME_CONNECTOR_AUDIENCE: options.connectorAudience,
      ACME_EXIT_WITH_PARENT: '1',
    },
  })
  let stopping = false
  let lastWords = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords = line
    options.log.debug({ from: 'example' }, line)
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (): void =>
      reject(
        /EADDRINUSE/.test(lastWords)
          ? new Trouble(
              `Port ${options.port} for the example product is taken.`,
              'Set COUNTERSIGN_EXAMPLE_PORT to another one, or to 0 for a free one.',
            )
          : new Trouble(
              `The example product did not start: ${lastWords || 'it ended without a word'}`,
              'Run `npm start` again; its last words are above.',
            ),
      )
    child.once('error', fail)
    child.once('close', fail)
    createInterface({ input: child.stdout }).once('line', (line) => {
      try {
        resolve(Ready.parse(JSON.parse(line)).url)
      } catch {
        fail()
      }
    })
  })
  child.once('exit', (code, signal) => {
    if (!stopping) options.onExit(`the example product ended (${signal ?? code}): ${lastWords}`)
  })
  return {
    url,
    stop: async () => {
      stopping = true
      child.kill('SIGTERM')
      child.stdin.end()
      await ended
    },
  }
}
