import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, startRig } from '../../support/rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
  await rig.knownTenant()
})
afterAll(() => rig?.close())

it('one person whose searches the product cannot answer does not shut it for everybody', async () => {
  const hostile = await rig.visitorWith(['support_admin'])
  const honest = await rig.visitorWith(['support_admin'])
  rig.directory.fault = ({ query }, response) =>
    query.get('query')?.startsWith('boom') ? response.writeHead(500, { 'content-type': 'application/json' }).end('{}') : undefined
  for (let n = 0; n < 6; n++) expect((await hostile.get(`/api/users?query=boom${n}`)).status).toBe(503)
  for (let n = 0; n < 6; n++) expect((await hostile.get('/api/users?query=%00%00%00')).status).toBe(400)
  const found = await honest.get('/api/users?query=person1')
  expect([found.status, ((await found.json()) as { items: unknown[] }).items.length > 0]).toEqual([200, true])
})

it('how the product answers is shown by /readyz', async () => {
  const [first, second] = [await rig.visitorWith(['support_admin']), await rig.visitorWith(['support_admin'])]
  const connector = async () => {
    const ready = (await (await fetch(`${rig.console_url}/readyz`)).json()) as {
      services: { name: string; state: string; last_error: string }[]
    }
    return ready.services.find(({ name }) => name === 'connector')
  }
  expect(await connector()).toMatchObject({ state: 'running', last_error: null })
  rig.directory.fault = (_request, response) => response.writeHead(503).end()
  for (const { get } of [first, second, first]) await get('/api/users?query=person1')
  expect(await connector()).toMatchObject({
    state: 'failing',
    last_error: expect.stringContaining('it answered that it cannot answer now'),
  })
  rig.directory.fault = undefined
  await expect.poll(async () => (await first.get('/api/users?query=person1')).status).toBe(200)
  expect(await connector()).toMatchObject({ state: 'running', last_error: null })
})
