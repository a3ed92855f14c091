import { once } from 'node:events'
import { Agent as HttpAgent, get as httpGet } from 'node:http'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Visitor } from '../support/browser.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

/** The whole server, somebody at the console, and the token of a session that they opened. */
const startUsed = async (): Promise<{ rig: Rig; rob: Visitor; token: string }> => {
  rig = await startRig()
  const rob = await rig.visitorWith(['support_admin'])
  const opened = await rob.send('POST', '/api/sessions', { tenant_id: await rig.knownTenant(), reason: 'Looking into a failed export' })
  return { rig, rob, token: ((await opened.json()) as { token: string }).token }
}

/** A request on a connection that its caller keeps open; answers the status. */
const getKeepingAlive = (url: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    httpGet(url, { headers, agent: new HttpAgent({ keepAlive: true }) }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
    }).once('error', reject)
  })

const stopped = async ({ stop }: Rig): Promise<number> => {
  const began = performance.now()
  await stop()
  return performance.now() - began
}

describe('the whole program closes in under a second', () => {
  it('at once after its start', async () => {
    rig = await startRig()
    expect(await stopped(rig)).toBeLessThan(1_000)
  })

  it('right after a request to the console and one to the gateway, whose callers keep their connections', async () => {
    const used = await startUsed()
    const call = { authorization: `Bearer ${used.token}` }
    expect(await getKeepingAlive(`${used.rig.gateway_url}/v1/reports`, call)).toBe(200)
    expect(await getKeepingAlive(`${used.rig.console_url}/healthz`, {})).toBe(200)
    expect((await used.rob.get('/api/tenants')).status).toBe(200)
    expect(await stopped(used.rig)).toBeLessThan(1_000)
  })

  it('with a live page open, and connections that were opened and never used', async () => {
    const used = await startUsed()
    const page = await used.rob.get('/api/audit/stream', { accept: 'text/event-stream' })
    expect(page.status).toBe(200)
    const ended = page.text().catch(() => '')
    const doors = [used.rig.console_url, used.rig.gateway_url].map((url) => connect(Number(new URL(url).port), '127.0.0.1'))
    await Promise.all(doors.map((socket) => once(socket, 'connect')))
    for (const socket of doors) socket.on('error', () => {})
    expect(await stopped(used.rig)).toBeLessThan(1_000)
    await ended
  })

  it('while the directory does not answer', async () => {
    const used = await startUsed()
    let isAsked = () => {}
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    used.rig.directory.fault = () => {
      isAsked()
      return new Promise(() => {})
    }
    await asked
    expect(await stopped(used.rig)).toBeLessThan(1_000)
  })
})

describe('a start that fails', () => {
  it('leaves no thread behind where the gateway cannot listen', async () => {
    rig = await startRig()
    const { serve } = await import('../../server/src/serve.ts')
    const posting = vi.spyOn(Worker.prototype, 'postMessage')
    const { config, database } = rig
    const log = { info: () => {}, warn: () => {}, error: () => {} } as never
    await expect(serve({ config, databaseUrl: database.appUrl, eraserUrl: database.eraserUrl, keys: database.keys, log })).rejects.toThrow(
      `Port ${config.gateway.port} for the gateway is taken.`,
    )
    const threads = new Set(posting.mock.contexts as Worker[])
    posting.mockRestore()
    expect([...threads].map(({ threadId }) => threadId)).toEqual([-1, -1])
  })
})
