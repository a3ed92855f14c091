import { Worker } from 'node:worker_threads'
import { errorCatalogue, type Problem } from '@countersign/contract/errors.ts'
import type { ServiceStatus } from '@countersign/contract/services.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
const threads: Worker[] = []
beforeAll(async () => {
  const { emit } = Worker.prototype
  vi.spyOn(Worker.prototype, 'emit').mockImplementation(function (this: Worker, ...args) {
    if (!threads.includes(this)) threads.push(this)
    return emit.apply(this, args)
  })
  rig = await startRig()
  vi.restoreAllMocks()
})
afterAll(() => rig?.close())

const ask = async () => {
  const response = await fetch(`${rig.console_url}/readyz`)
  const body = (await response.json()) as { services: ServiceStatus[] } & Partial<Problem>
  return { status: response.status, body, find: (name: string) => body.services.find((service) => service.name === name) }
}

describe('/readyz', () => {
  it('lists how everything is doing that runs in the process', async () => {
    await expect.poll(async () => (await ask()).find('directory sync')?.state).toBe('waiting')
    const { status, body, find } = await ask()
    expect([status, body.services.map(({ state }) => state).filter((state) => state === 'failing')]).toEqual([200, []])
    expect(find('sequencer')).toEqual({ name: 'sequencer', state: 'running', last_run_at: null, last_error: null, next_run_at: null })
    const { last_run_at, next_run_at } = find('expiry') as ServiceStatus
    expect(Date.parse(last_run_at as string)).toBeLessThanOrEqual(Date.now())
    if (next_run_at !== null) expect(Date.parse(next_run_at)).toBeGreaterThan(Date.parse(last_run_at as string))
  })

  it('says what fails and can be done without, in a sentence that tells nothing of its cause, and is 200', async () => {
    rig.directory.fault = (_request, response) => response.writeHead(503).end('psql: connection to 10.0.0.7 refused')
    await expect.poll(async () => (await ask()).find('directory sync')?.state, { timeout: 15_000 }).toBe('failing')
    const { status, find } = await ask()
    expect(status).toBe(200)
    expect(find('directory sync')).toMatchObject({ last_error: errorCatalogue.directory_unavailable.title })
    rig.directory.fault = undefined
    await expect.poll(async () => (await ask()).find('directory sync')?.last_error, { timeout: 15_000 }).toBeNull()
  })

  it('is 503 while what the process cannot do without is failing, and says what; then 200 again', async () => {
    expect(threads).toHaveLength(2)
    await Promise.all(threads.map((thread) => thread.terminate()))
    const { status, body, find } = await ask()
    expect([status, body.code]).toEqual([503, 'store_unavailable'])
    expect(body.detail).toContain('The gateway admits nothing')
    expect(find('gateway writer')).toMatchObject({ state: 'failing', last_error: body.detail })
    expect(find('sequencer')).toMatchObject({ state: 'failing', last_error: expect.stringContaining('The log does not grow') })
    await expect.poll(async () => (await ask()).status, { timeout: 15_000 }).toBe(200)
    expect((await ask()).body.services.filter(({ state }) => state === 'failing')).toEqual([])
  })
})
