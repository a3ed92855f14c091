import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Visitor } from '../support/browser.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'
import { beginningOf, fileOf, prepared } from './rig.ts'

let rig: Rig
let auditor: Visitor & { staff_id: string }
beforeAll(async () => {
  rig = await startRig()
  auditor = await rig.visitorWith(['auditor'])
  await rig.database.journal.recordAll(
    rig.database.store.db,
    Array.from({ length: 900 }, (_, n) => ({
      action: 'TENANT.OPENED' as const,
      result: 'ok' as const,
      actor: { kind: 'system' as const, id: 'test' },
      tenant_id: n % 3 === 0 ? 'ten_a' : 'ten_b',
      target: { kind: 'tenant' as const, id: `ten_${n}`, label: `Zoë & "Co" ${n}` },
      note: `number ${n}`,
    })),
  )
  await until(async () => (await (await auditor.get('/api/log')).json()).pending === 0)
})
afterAll(() => rig?.close())

describe('A44 a download', () => {
  it('is the same bytes, whole or in parts, and goes on where it broke off', async () => {
    const made = await prepared(auditor, { filters: { actor_id: 'test' }, format: 'csv' })
    expect(made).toMatchObject({ state: 'ready', rows: 900, rows_expected: 900, code: null })
    const whole = await fileOf(auditor, made)
    expect(whole.length).toBe(made.bytes)
    expect((await fileOf(auditor, made)).equals(whole)).toBe(true)

    const url = `${rig.console_url}/api/exports/${made.id}/file`
    const cookie = [...auditor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const { etag, got } = await beginningOf(url, { cookie }, 10)
    const rest = await auditor.get(`/api/exports/${made.id}/file`, { range: `bytes=${got.length}-`, 'if-range': etag })
    expect(rest.status).toBe(got.length < whole.length ? 206 : 416)
    if (rest.status === 206) expect(Buffer.concat([got, Buffer.from(await rest.arrayBuffer())]).equals(whole)).toBe(true)
    for (let at = 0; at < whole.length; at += 7_919) {
      const part = await fileOf(auditor, made, undefined, { range: `bytes=${at}-${at + 99}` })
      expect(part.equals(whole.subarray(at, at + 100)), `from ${at}`).toBe(true)
    }
  })

  it('obeys Range, If-Range and If-None-Match', async () => {
    const made = await prepared(auditor, { filters: { tenant_id: 'ten_a' } })
    const path = `/api/exports/${made.id}/file`
    const all = await auditor.get(path)
    const whole = Buffer.from(await all.arrayBuffer())
    const etag = all.headers.get('etag') as string
    expect(etag).toMatch(/^"[\w-]{43}"$/)
    expect(all.headers.get('accept-ranges')).toBe('bytes')
    expect(all.headers.get('content-disposition')).toMatch(/^attachment; filename="countersign-events-[\d-]{19}-ndjson\.zip"$/)
    const ask = async (headers: Record<string, string>) => {
      const answer = await auditor.get(path, headers)
      return { status: answer.status, range: answer.headers.get('content-range'), body: Buffer.from(await answer.arrayBuffer()) }
    }
    const size = whole.length
    expect(await ask({ range: 'bytes=5-9' })).toEqual({ status: 206, range: `bytes 5-9/${size}`, body: whole.subarray(5, 10) })
    expect(await ask({ range: 'bytes=-10' })).toEqual({
      status: 206,
      range: `bytes ${size - 10}-${size - 1}/${size}`,
      body: whole.subarray(-10),
    })
    expect(await ask({ range: `bytes=${size - 1}-${size + 50}` })).toMatchObject({ status: 206, body: whole.subarray(-1) })
    expect(await ask({ range: `bytes=${size}-` })).toMatchObject({ status: 416, range: `bytes */${size}` })
    for (const range of ['bytes=9-5', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=-', 'bytes=x-'])
      expect(await ask({ range }), range).toMatchObject({ status: 200, body: whole })
    expect(await ask({ range: 'bytes=5-9', 'if-range': '"another"' })).toMatchObject({ status: 200 })
    expect(await ask({ range: 'bytes=5-9', 'if-range': etag })).toMatchObject({ status: 206 })
    expect(await ask({ 'if-none-match': etag })).toMatchObject({ status: 304 })
  })
})
