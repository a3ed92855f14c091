import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import type { Role } from '@countersign/contract/staff.ts'
import pino from 'pino'
import { pickPort } from '../../server/src/ports.ts'
import { serve } from '../../server/src/serve.ts'
import { type Authenticator, newAuthenticator } from '../support/authenticator.ts'
import { readEvents } from '../support/events.ts'
import { type Rig, startRig } from '../support/rig.ts'

export type Person = Awaited<ReturnType<Rig['visitorWith']>> & { key: Authenticator; passkey_id: string }
export type Problem = { code: string; status: number; unmet?: { gate: string; note: string }[]; detail?: string }
type Challenge = { challenge: string; rpId?: string; rp?: { id: string }; user?: { id: string } }

export const reason = 'The user asked us on the phone'
let keys = 0

/** The whole program, with people who have a passkey. */
export const startActionRig = async (settings?: Parameters<typeof startRig>[0]) => {
  const rig = await startRig(settings)
  const origin = new URL(rig.console_url).origin

  const send = async (person: Pick<Person, 'send'>, path: string, body: unknown = {}, headers: Record<string, string> = {}) => {
    const response = await person.send('POST', path, body, headers)
    return { status: response.status, body: (response.status === 204 ? {} : await response.json()) as ActionRequest & Problem }
  }
  const options = async (person: Pick<Person, 'send'>, path: string, body: unknown = {}): Promise<Challenge> => {
    const { status, body: answer } = await send(person, path, body)
    if (status !== 200) throw new Error(JSON.stringify(answer))
    return (answer as unknown as { options: Challenge }).options
  }
  return {
    ...rig,
    send,
    options,
    async person(...roles: Role[]): Promise<Person> {
      const visitor = await rig.visitorWith(roles)
      const key = newAuthenticator({ origin })
      const response = key.register(await options(visitor, '/api/me/passkeys/options'))
      const { body } = await send(visitor, '/api/me/passkeys', { name: 'Key', response })
      return { ...visitor, key, passkey_id: body.id }
    },
    /** Tries an action, under a key of its own unless one is given. */
    act: (person: Pick<Person, 'send'>, action: string, target: string, more: Record<string, unknown> = {}, key = `test-key-${++keys}`) => {
      const kind = action === 'force_logout' ? 'tenant' : 'user'
      return send(person, '/api/actions', { action, target: { kind, id: target }, reason, ...more }, { 'idempotency-key': key })
    },
    /** Signs a request as its approver; `changes` makes the authenticator lie. */
    approve: async (person: Person, id: string, changes = {}) => {
      const response = person.key.sign(await options(person, `/api/actions/${id}/approval/options`), changes)
      return send(person, `/api/actions/${id}/approval`, { response })
    },
    events: (filter: Parameters<typeof readEvents>[1] = {}) => readEvents(rig.database.store.pool, filter),
    effects: () => rig.directory.effects,
  }
}
export type ActionRig = Awaited<ReturnType<typeof startActionRig>>

/** Like fetch, which does not let its caller say the host. */
const postAs = (url: string, { method, body, headers }: { method: string; body: unknown; headers: Record<string, string> }) =>
  new Promise<Response>((resolve, reject) => {
    const call = request(url, { method, headers: { ...headers, 'content-type': 'application/json' } }, async (answer) => {
      const text = Buffer.concat(await answer.toArray()).toString()
      resolve(new Response(answer.statusCode === 204 ? null : text, { status: answer.statusCode ?? 0 }))
    })
    call.on('error', reject).end(JSON.stringify(body))
  })

/** The same person by way of another instance, behind a proxy that keeps the public host. */
const viaPort =
  (port: number, console_url: string) =>
  (person: Person): Person => ({
    ...person,
    send: (method, path, body, headers) =>
      postAs(`http://localhost:${port}${path}`, {
        method,
        body,
        headers: {
          host: new URL(console_url).host,
          origin: new URL(console_url).origin,
          'sec-fetch-site': 'same-origin',
          cookie: [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...headers,
        },
      }),
  })

/** What a second instance over the same database, behind the same public address, is configured with. */
const replicaConfig = async ({ config, console_url, gateway_url }: Rig) => ({
  ...config,
  console: { ...config.console, port: await pickPort('127.0.0.1', 0), public_url: console_url },
  gateway: { ...config.gateway, port: await pickPort('127.0.0.1', 0), public_url: gateway_url },
})

export const startReplica = async (rig: Rig) => {
  const config = await replicaConfig(rig)
  const { database, console_url } = rig
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
  const server = await serve({ config, databaseUrl: database.appUrl, eraserUrl: database.eraserUrl, keys: database.keys, log })
  return { ...server, via: viaPort(config.console.port, console_url) }
}

/** The same in a process of its own, to be killed. */
export const spawnReplica = async (rig: Rig) => {
  const { appUrl, eraserUrl } = rig.database
  const config = await replicaConfig(rig)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'serve-child.ts')], {
    env: { ...process.env, COUNTERSIGN_TEST_SERVE: JSON.stringify({ config, databaseUrl: appUrl, eraserUrl }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => {
      throw new Error('the instance ended before it was ready')
    }),
  ])
  return {
    via: viaPort(config.console.port, rig.console_url),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
