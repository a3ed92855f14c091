import { parseCheckpoint } from '@countersign/log/checkpoint.ts'
import { parseNote } from '@countersign/log/note.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'

let rig: Rig
let size = 0
const get = (path: string, options: RequestInit = {}) => fetch(`${rig.console_url}${path}`, options)
const checkpoint = async () => parseCheckpoint(parseNote(await (await get('/log/checkpoint')).text()).text)

beforeAll(async () => {
  rig = await startRig()
  const { journal, store } = rig.database
  const event = { action: 'TENANT.USERS.LISTED', result: 'ok', actor: { kind: 'operator', id: 'test' }, details: { count: 1 } } as const
  await journal.recordAll(
    store.db,
    Array.from({ length: 300 }, () => ({ ...event, target: { kind: 'tenant', id: 'ten_1' } }) as never),
  )
  size = await until(async () => {
    if ((await get('/log/checkpoint')).status !== 200) return undefined
    const signed = (await checkpoint()).size
    return signed >= 300 ? signed : undefined
  })
})
afterAll(() => rig?.close())

describe('M2 the log at its address, as C2SP tlog-tiles has it', () => {
  it('is named by where it is, without the scheme, and keeps that name', async () => {
    const { host } = new URL(rig.console_url)
    expect((await checkpoint()).origin).toBe(`${host}/log`)
    expect(await (await get('/log/key')).text()).toMatch(new RegExp(`^${host}/log\\+[0-9a-f]{8}\\+`))
  })

  it('lets a tile that is signed be kept for ever, and nothing else', async () => {
    const forEver = 'public, max-age=31536000, immutable'
    const full = await get('/log/tile/0/000')
    expect([full.status, full.headers.get('content-type'), full.headers.get('cache-control')]).toEqual([
      200,
      'application/octet-stream',
      forEver,
    ])
    expect((await full.arrayBuffer()).byteLength).toBe(8192)
    expect((await get(`/log/tile/0/001.p/${300 - 256}`)).headers.get('cache-control')).toBe(forEver)
    expect((await get('/log/tile/1/000.p/1')).headers.get('cache-control')).toBe(forEver)
    for (const path of ['/log/checkpoint', '/log/key', '/log/tile/0/900'])
      expect([path, (await get(path)).headers.get('cache-control')]).toEqual([path, 'no-store'])
  })

  it.each([1, 43, 255])('serves the first %s hashes of a tile', async (width) => {
    const answer = await get(`/log/tile/0/000.p/${width}`)
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, width * 32])
  })

  it.each(['0', '00', '01', '256', '257', '300', '999', '1000', '-1', '1.0'])('does not know a tile of width %s', async (width) => {
    const answer = await get(`/log/tile/0/000.p/${width}`)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'not_found'])
  })

  it.each(['/log/checkpoint', '/log/key', '/log/tile/0/000', '/log/tile/0/000.p/7'])(
    'answers HEAD of %s as GET, without the body',
    async (path) => {
      const [head, whole] = [await get(path, { method: 'HEAD' }), await get(path)]
      const body = await whole.arrayBuffer()
      expect([head.status, await head.text()]).toEqual([200, ''])
      expect(head.headers.get('content-length')).toBe(String(body.byteLength))
      for (const name of ['content-type', 'cache-control', 'access-control-allow-origin'])
        expect([name, head.headers.get(name)]).toEqual([name, whole.headers.get(name)])
    },
  )

  it('answers HEAD of a tile that there is not with 404', async () => {
    expect((await get('/log/tile/0/900', { method: 'HEAD' })).status).toBe(404)
  })

  it.each(['/log/checkpoint', '/log/key', '/log/tile/0/000', '/log/tile/0/000.p/300'])(
    'lets pages of other sites read %s, refusals too',
    async (path) => {
      const headers = {
        origin: 'https://auditor.example',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'cors',
        'sec-fetch-dest': 'empty',
      }
      const answer = await get(path, { headers })
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([path.endsWith('300') ? 404 : 200, '*'])
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    },
  )

  it.each(['/v1/audit', '/api/me', '/readyz', '/openapi.json', '/tenants', '/logs', '/log/nothing'])(
    'lets no page of another site read %s',
    async (path) => {
      const answer = await get(path, {
        headers: { origin: 'https://auditor.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
      })
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  it('still answers to its own host name alone', async () => {
    expect(size).toBeGreaterThanOrEqual(300)
    const { sendRaw, rawRequest } = await import('../support/raw.ts')
    const answer = await sendRaw(
      Number(new URL(rig.console_url).port),
      rawRequest('GET /log/checkpoint HTTP/1.1', ['Host: evil.example', 'Connection: close']),
    )
    expect([answer?.status, answer?.headers.get('access-control-allow-origin')]).toEqual([421, undefined])
  })
})
