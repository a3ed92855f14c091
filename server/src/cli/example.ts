import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ServiceStatus } from '@countersign/contract/services.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import { Trouble } from '../errors.ts'
import { formatStatus } from '../run/service.ts'

export type Example = { url: string; status(): ServiceStatus; stop(): Promise<void> }

const program = fileURLToPath(new URL('../../../examples/acme/src/main.ts', import.meta.url))
const Ready = z.object({ ready: z.literal(true), url: z.url() })

const needed = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'TZ', 'LANG', 'SystemRoot', 'NODE_COMPILE_CACHE']

/** What the example product gets of our environment: what any program needs, and its own settings. None of our secrets. */
export const exampleEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => needed.includes(name) || name.startsWith('ACME_')))

type Options = {
  environment: NodeJS.ProcessEnv
  databaseUrl: string
  port: number
  consoleUrl: string
  upstreamAudience: string
  connectorAudience: string
  /** With which it sends its signals. */
  ingestKey: string
  log: Logger
}

type Process = { url: string; ended: Promise<string>; stop(): Promise<void> }

/** The example product in a process of its own. It ends with us, also while its data is made: its standard input is our pipe. */
const launch = async (options: Options, stopping: AbortSignal): Promise<Process> => {
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
      ACME_SIGNALS_URL: options.consoleUrl,
      ACME_SIGNALS_KEY: options.ingestKey,
      ACME_EXIT_WITH_PARENT: '1',
    },
  })
  const end = (): void => {
    child.kill('SIGTERM')
    child.stdin.end()
  }
  stopping.addEventListener('abort', end, { once: true })
  let lastWords = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords = line
    options.log.debug({ from: 'example' }, line)
  })
  const ended = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => resolve(`it ended (${signal ?? code}): ${lastWords}`)),
  )
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (): void =>
      reject(
        /EADDRINUSE/.test(lastWords)
          ? new Trouble(
              `Port ${options.port} for the example product is taken.`,
              'Set COUNTERSIGN_EXAMPLE_PORT to another port, or to 0 for a free one.',
            )
          : new Trouble(
              `The example product did not start: ${lastWords || 'it ended without a message'}`,
              'Run `npm start` again; its last message is above.',
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
  return {
    url,
    ended,
    stop: async () => {
      end()
      await ended
    },
  }
}

const firstRestMs = 500
const longestRestMs = 30_000

/** Runs the example product, and starts it again where it ends unasked: at the same address, later each time. */
export const startExample = async (options: Options, stopping = new AbortController()): Promise<Example> => {
  const { signal } = stopping
  let running = await launch(options, signal)
  const { url } = running
  const again = { ...options, port: Number(new URL(url).port) }
  let trouble: string | null = null

  const restart = async (): Promise<void> => {
    for (let restMs = firstRestMs; !signal.aborted; restMs = Math.min(restMs * 2, longestRestMs)) {
      await wait(restMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      try {
        running = await launch(again, signal)
        if (signal.aborted) await running.stop()
        return
      } catch (err) {
        options.log.error({ err }, 'the example product does not start again')
      }
    }
  }
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      const why = await running.ended
      if (signal.aborted) return
      options.log.error({ why }, 'the example product ended unasked; it is started again')
      trouble = 'The example product ended; it is started again.'
      await restart()
      trouble = null
    }
  }
  const watching = watch()
  return {
    url,
    status: () => formatStatus('example product', trouble),
    stop: async () => {
      stopping.abort()
      await running.stop()
      await watching
    },
  }
}

export type Making = {
  /** Settled once it answers, or with why it does not. */
  ready: Promise<unknown>
  status(): ServiceStatus
  stop(): Promise<void>
}

/** The same, while the doors open beside it: making its data takes longer than all else. */
export const makeExample = (options: Options): Making => {
  let made: Example | undefined
  const stopping = new AbortController()
  const ready = startExample(options, stopping).then((example) => {
    made = example
  })
  ready.catch(() => {})
  return {
    ready,
    status: () => made?.status() ?? formatStatus('example product', 'The example product is still being made.'),
    stop: async () => {
      stopping.abort()
      await ready.catch(() => {})
      await made?.stop()
    },
  }
}
