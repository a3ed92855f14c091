import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { withDatabase } from '../../server/src/store/urls.ts'
import { asSuperuser, newName, server } from '../support/database.ts'
import { repository } from '../support/program.ts'

/** A port below those that the system gives away, so that it is still ours after each restart. */
export const findFixedPort = async (): Promise<number> => {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const probe = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => probe.close(resolve))
    return port
  }
}

/** A configuration like the example's, for a product that runs elsewhere; `more` is further text. */
export const writeConfig = (folder: string, product: string, more = ''): string => {
  const example = readFileSync(join(repository, 'examples/acme/countersign.config.yaml'), 'utf8')
  const file = join(folder, 'countersign.config.yaml')
  writeFileSync(file, `${example.replaceAll('http://127.0.0.1:4002', product)}\n${more}`)
  return file
}

export type Arrival = { at: string; method: string; target: string; request_id: string | null; session_id: string | null }

export type Product = {
  url: string
  /** What arrived since the last call. Each was on the disk before it was handled. */
  arrivals(): Arrival[]
  close(): Promise<void>
}

/** Runs Acme as a process of its own that outlives the program, on a database of its own. */
export const startProduct = async (options: { folder: string; consoleUrl: string }): Promise<Product> => {
  const { superuserUrl } = server()
  const name = newName()
  await asSuperuser(superuserUrl, `create database ${name}`)
  const journal = join(options.folder, 'arrivals.ndjson')
  const child = spawn(process.execPath, [join(repository, 'examples/acme/src/main.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      DATABASE_URL: withDatabase(superuserUrl, name),
      ACME_PORT: '0',
      ACME_TRAFFIC: '0',
      ACME_REQUEST_JOURNAL: journal,
      ACME_TRUSTED_ISSUER: options.consoleUrl,
      ACME_TRUSTED_JWKS_URL: `${options.consoleUrl}/.well-known/jwks.json`,
      ACME_EXIT_WITH_PARENT: '1',
    },
  })
  const ended = once(child, 'exit')
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(() => Promise.reject(new Error('the product ended before it was ready'))),
  ])) as [string]
  let offset = 0
  return {
    url: new URL((JSON.parse(line) as { url: string }).url).origin,
    arrivals: () => {
      const file = openSync(journal, 'r')
      const bytes = Buffer.alloc(fstatSync(file).size - offset)
      readSync(file, bytes, 0, bytes.length, offset)
      closeSync(file)
      const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
      offset += whole.length
      return whole
        .toString()
        .split('\n')
        .filter((text) => text !== '')
        .map((text) => JSON.parse(text) as Arrival)
    },
    close: async () => {
      child.kill('SIGTERM')
      await ended
      await asSuperuser(superuserUrl, `drop database if exists ${name} with (force)`)
    },
  }
}
