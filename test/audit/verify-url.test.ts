import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseTilePath } from '@countersign/log/tile.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findCheckpoint } from '../../server/src/audit/checkpoint.ts'
import { listTenantEvents } from '../../server/src/audit/list.ts'
import { proveCompleteness } from '../../server/src/audit/tally.ts'
import { readTile } from '../../server/src/audit/tree-reader.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { eventOf, newRig, numbers, type Rig } from './rig.ts'

let rig: Rig
let server: Server
let url: string
let earlier: string
let size: number
/** Where the event with the number 67119 stands. */
let place: number
/** What the server changes in its answers, for one test. */
let spoil: (path: string, body: Buffer) => Buffer = (_path, body) => body

// The doors are another room's: here is the least that a door does with the functions of this one.
const answer = async (path: string, key: string | undefined): Promise<Buffer | undefined> => {
  const { pathname, searchParams } = new URL(path, 'http://x')
  if (pathname === '/log/checkpoint') return Buffer.from((await findCheckpoint(rig.store))?.note as string)
  if (pathname === '/log/key') return Buffer.from(`${rig.sequencer.key.text}\n`)
  if (pathname === '/v1/audit/completeness' && key === 'key-of-ten_3')
    return Buffer.from(JSON.stringify(await proveCompleteness(rig.store, rig.sequencer.key.verifier, 'ten_3')))
  if (pathname === '/v1/audit' && key === 'key-of-ten_3') {
    const page = {
      order: searchParams.get('order') as 'asc',
      limit: Number(searchParams.get('limit')),
      cursor: searchParams.get('cursor') ?? undefined,
      proof: searchParams.get('proof') === 'true',
    }
    return Buffer.from(JSON.stringify(await listTenantEvents(rig.store, 'ten_3', {}, page)))
  }
  if (!pathname.startsWith('/log/tile/')) return undefined
  const { level, index, width } = parseTilePath(pathname.slice(5))
  return await readTile(rig.store, level, index, width)
}

beforeAll(async () => {
  rig = await newRig()
  const record = (from: number, to: number) =>
    rig.journal.recordAll(
      rig.store.db,
      numbers(to - from, from).map((n) => eventOf(n, { tenant_id: `ten_${n % 7}`, note: 'Zoë' })),
    )
  await record(0, 699)
  await rig.sequencer.drain()
  earlier = join(rig.dataDir, 'earlier')
  writeFileSync(earlier, (await findCheckpoint(rig.store))?.note as string)
  for (const from of numbers(35)) await record(700 + from * 1900, 700 + (from + 1) * 1900 - (from === 34 ? 1 : 0))
  await rig.sequencer.drain()
  size = rig.sequencer.size()
  const { rows } = await rig.store.pool.query(
    `select log_index from log_entries join events on n = event_n where body like '%"count":67119%'`,
  )
  place = Number(rows[0].log_index)
  server = createServer((request, response) => {
    answer(request.url as string, request.headers['x-api-key'] as string | undefined).then(
      (body) => (body ? response.end(spoil(request.url as string, body)) : response.writeHead(404).end()),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}, 120_000)
afterAll(async () => {
  server.close()
  await rig.close()
})

const verify = async (apiKey?: string, checkpoint?: string) => {
  const lines: string[] = []
  const code = await runVerify({ source: { url, apiKey }, checkpoint, vkey: rig.sequencer.key.text, print: (line) => lines.push(line) })
  return { code, first: lines[0] ?? '', all: lines.join('\n') }
}
const spoiled = async (change: typeof spoil, apiKey?: string) => {
  spoil = change
  try {
    return await verify(apiKey)
  } finally {
    spoil = (_path, body) => body
  }
}
const flip = (path: RegExp, at: number) => (asked: string, body: Buffer) => {
  const copy = Buffer.from(body)
  if (path.test(asked)) copy[at] = (copy[at] as number) ^ 1
  return copy
}

describe('M2 S16 verification over the network', () => {
  it('checks tiles of every level, the checkpoint kept earlier, and each event of the tenant', { timeout: 60_000 }, async () => {
    const { code, all } = await verify('key-of-ten_3', earlier)
    expect(all).toContain('verifies')
    expect(all).toContain(`size        ${size}`)
    expect(all).toContain('complete    9600 events are all that the log has of the tenant')
    expect(all).toContain('entries     9600 checked')
    expect(code).toBe(0)
  })

  it.each<[string, RegExp, number, string]>([
    ['a leaf', /tile\/0\/000$/, 0, 'First: entries 0 to '],
    ['a leaf of the partial tile', /tile\/0\/262\.p\//, 5, 'First: entries 0 to '],
    ['a hash of level 1', /tile\/1\/000$/, 40, 'The tile 1/0 is not that of the tiles below it'],
    ['a hash of the partial tile of level 1', /tile\/1\/001\.p\//, 3, 'The tile 1/1 is not that of the tiles below it'],
    ['the hash of level 2', /tile\/2\/000\.p\/1$/, 3, 'The tile 2/0 is not that of the tiles below it'],
    ['the root', /checkpoint/, 25, 'cannot be trusted'],
  ])('sees a flipped bit in %s', async (_name, path, at, message) => {
    const { code, first } = await spoiled(flip(path, at))
    expect(first).toContain(message)
    expect(code).toBe(1)
  })

  it('sees an event that is served otherwise than it stands in the log, and names it', { timeout: 60_000 }, async () => {
    const change = (path: string, body: Buffer) =>
      path.startsWith('/v1') ? Buffer.from(body.toString().replaceAll('"count":67119', '"count":67118')) : body
    const { code, first } = await spoiled(change, 'key-of-ten_3')
    expect(first).toContain(`First: entry ${place}: The event that was served is not the one whose hash is in the signed tree`)
    expect(code).toBe(1)
  })

  it('says what is wrong with an address or a key', async () => {
    await expect(verify('another key')).rejects.toThrow('answers 404')
    await expect(runVerify({ source: { url: 'http://127.0.0.1:1' }, print: () => {} })).rejects.toThrow('cannot be reached')
  })
})
