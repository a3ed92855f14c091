import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { Export } from '@countersign/contract/exports.ts'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runVerify } from '../../server/src/cli/verify.ts'
import { sessionCookie } from '../../server/src/identity/cookies.ts'
import { pickPort } from '../../server/src/ports.ts'
import { type Server, serve } from '../../server/src/serve.ts'
import { newVisitor, type Visitor } from '../support/browser.ts'
import { asSuperuser } from '../support/database.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'
import { unpack } from './repack.ts'
import { beginningOf, fileOf, prepared, reason } from './rig.ts'

let rig: Rig
let other: Server
let auditor: Visitor & { staff_id: string }
let there: Visitor
let cookie: string

const opened = (n: number, actor: string, label: string) => ({
  action: 'TENANT.OPENED' as const,
  result: 'ok' as const,
  actor: { kind: 'system' as const, id: actor },
  tenant_id: 'ten_a',
  target: { kind: 'tenant' as const, id: `ten_${n}`, label },
})
const record = (count: number, actor: string, labelOf: (n: number) => string) =>
  rig.database.journal.recordAll(
    rig.database.store.db,
    Array.from({ length: count }, (_, n) => opened(n, actor, labelOf(n))),
  )

beforeAll(async () => {
  rig = await startRig()
  const console = { ...rig.config.console, port: await pickPort('127.0.0.1', 0) }
  const gateway = { ...rig.config.gateway, port: await pickPort('127.0.0.1', 0) }
  other = await serve({
    config: { ...rig.config, console, gateway, data_dir: join(rig.config.data_dir, 'other') },
    databaseUrl: rig.database.appUrl,
    eraserUrl: rig.database.eraserUrl,
    keys: rig.database.keys,
    log: pino({ level: 'silent' }),
  })
  auditor = await rig.visitorWith(['auditor'])
  there = newVisitor(other.console_url)
  for (const value of auditor.cookies.values()) there.cookies.set(sessionCookie(other.console_url), value)
  cookie = [...auditor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  // Nothing that could be packed: a download of megabytes.
  for (let part = 0; part < 15; part += 1) await record(200, 'large', () => randomBytes(3_000).toString('base64'))
  await until(async () => (await (await auditor.get('/api/log')).json()).pending === 0)
}, 120_000)
afterAll(async () => {
  await other?.close()
  await rig?.close()
})

describe('A44 an export on several replicas', () => {
  it('is the same file on each, and goes on at the other one where it broke off', { timeout: 60_000 }, async () => {
    const made = await prepared(auditor, { filters: { actor_id: 'large' } }, undefined, 60)
    const { etag, got } = await beginningOf(`${rig.console_url}/api/exports/${made.id}/file`, { cookie }, 1_000_000)
    expect(got.length).toBeLessThan(made.bytes as number)
    const rest = await there.get(`/api/exports/${made.id}/file`, { range: `bytes=${got.length}-`, 'if-range': etag })
    expect(rest.status).toBe(206)
    const whole = Buffer.concat([got, Buffer.from(await rest.arrayBuffer())])
    expect(whole.equals(await fileOf(auditor, made))).toBe(true)
    const path = join(rig.config.data_dir, 'resumed.zip')
    writeFileSync(path, whole)
    expect(await runVerify({ source: { folder: path }, print: () => {} })).toBe(0)
  })

  it('is taken up by another process where the one that prepared it fell silent', { timeout: 60_000 }, async () => {
    const asked = await auditor.send('POST', '/api/exports', { format: 'csv', filters: { actor_id: 'nobody' }, reason })
    const { id } = (await asked.json()) as Export
    await until(async () => ((await (await auditor.get(`/api/exports/${id}`)).json()) as Export).state === 'ready')
    // As a process leaves it that dies half-way: claimed, with some of its pieces, and its event not made.
    await asSuperuser(
      rig.database.superuserUrl,
      `update exports set claim = 'dead', claimed_until = clock_timestamp(), event_id = null, ready_at = null, rows = 0 where id = '${id}'`,
    )
    const again = await until(async () => {
      const now = (await (await auditor.get(`/api/exports/${id}`)).json()) as Export
      return now.state === 'ready' && now
    })
    expect(again.rows).toBe(0)
    const path = join(rig.config.data_dir, 'again.zip')
    writeFileSync(path, await fileOf(auditor, again))
    expect(await runVerify({ source: { folder: path }, print: () => {} })).toBe(0)
  })
})

describe('EX-8 an export while events come in', () => {
  it('holds exactly what matched when it was asked for, with its proof', { timeout: 90_000 }, async () => {
    let isOver = false
    let written = 0
    const writing = (async () => {
      while (!isOver) {
        await record(50, 'busy', (n) => `number ${n}`)
        written += 50
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    })()
    try {
      await until(() => written >= 500)
      const made = await prepared(auditor, { filters: { actor_id: 'busy' } }, undefined, 60)
      const path = join(rig.config.data_dir, 'busy.zip')
      const file = await fileOf(auditor, made)
      writeFileSync(path, file)
      expect(await runVerify({ source: { folder: path }, print: () => {} })).toBe(0)
      const indexes = unpack(file)
        .get('events.ndjson')
        ?.toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).log_index)
      const { rows } = await rig.database.store.pool.query(
        `select log_index::int from log_entries where actor_id = 'busy' and log_index < $1 order by log_index`,
        [made.size],
      )
      expect(indexes).toEqual(rows.map(({ log_index }) => log_index))
      expect(written).toBeGreaterThan(made.rows)
    } finally {
      isOver = true
      await writing
    }
  })
})

describe('A44 downloads that nobody takes', () => {
  it('hold neither a connection to the database nor a place of those who work, and end with the program', { timeout: 90_000 }, async () => {
    const made = await prepared(auditor, { filters: { actor_id: 'large' } }, undefined, 60)
    const stalled: IncomingMessage[] = []
    for (let n = 0; n < 4; n += 1) {
      const call = httpRequest(`${rig.console_url}/api/exports/${made.id}/file`, { headers: { cookie }, agent: false }).end()
      call.on('error', () => {})
      const [answer] = (await once(call, 'response')) as [IncomingMessage]
      answer.on('error', () => {})
      answer.pause()
      stalled.push(answer)
    }
    const fifth = await auditor.get(`/api/exports/${made.id}/file`)
    expect([fifth.status, (await fifth.json()).code]).toEqual([429, 'too_many_requests'])
    const busy = () =>
      asSuperuser(
        rig.database.superuserUrl,
        `select application_name from pg_stat_activity
         where datname = current_database() and application_name in ('countersign-staff', 'countersign-tenants') and state <> 'idle'`,
      )
    // What was sent fills the buffers between here and there; then nothing is asked any more.
    await until(async () => (await busy()).length === 0)
    const answers = await Promise.all(Array.from({ length: 12 }, () => auditor.get('/api/audit?limit=1')))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200))
    const began = performance.now()
    await rig.stop()
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(stalled.every((answer) => answer.complete)).toBe(false)
  })
})
