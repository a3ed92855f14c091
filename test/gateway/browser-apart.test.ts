import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { share } from '../support/long.ts'
import { openRaw, type RawConnection, rawRequest } from '../support/raw.ts'
import { type BrowserRig, type Entered, ownFetch, startBrowserRig } from './browser-rig.ts'

let rig: BrowserRig
beforeAll(async () => {
  rig = await startBrowserRig({
    gateway: 'browser_origin_is_public_suffix: true',
    routes: `
    - { method: GET, path: '/kept/:n', scope: 'reports:read', cookies: kept }`,
  })
  // The product says for whom it answers, and keeps a cookie of whoever asked.
  rig.upstream.answer = (_, response, { headers, target }) => {
    const [, claims = ''] = headers.get('countersign-assertion')?.split('.') ?? []
    const { tenant_id, sid } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { tenant_id: string; sid: string }
    const body = JSON.stringify({ tenant_id, sid, target, cookie: headers.get('cookie') ?? null })
    response
      .writeHead(200, { 'content-type': 'application/json', 'set-cookie': `who=${sid}; Path=/`, 'content-length': body.length })
      .end(body)
  }
})
afterAll(() => rig?.close())

/** What answers to a tab were about. */
const useTab = async (entered: Entered, count: number, connections: readonly RawConnection[]): Promise<Set<string>> => {
  const seen = new Set<string>()
  const each = connections.map(async (connection, lane) => {
    for (let n = lane; n < count; n += connections.length) {
      connection.send(rawRequest(`GET /kept/${n} HTTP/1.1`, [entered.host, `Cookie: ${entered.cookie}`, ...ownFetch]))
      const answer = await connection.next()
      const said = JSON.parse(answer?.body ?? '{}') as { tenant_id: string; sid: string; target: string; cookie: string | null }
      expect(said.target).toBe(`/kept/${n}`)
      seen.add(JSON.stringify([said.tenant_id, said.sid, said.cookie ?? `who=${entered.session.id}`]))
    }
  })
  await Promise.all(each)
  return seen
}

describe('two sessions at once in two tabs', () => {
  it('WB-9 nothing of one is in the other: answers, cookies, connections, records', async () => {
    const tabs = [await rig.enter(), await rig.enter({ tenant_id: 'ten_b', by: await rig.newStaff() })]
    const requests = share(5_000)
    const opened = await Promise.all(tabs.map(() => Promise.all(Array.from({ length: 4 }, () => openRaw(rig.port, 60_000)))))
    const seen = await Promise.all(tabs.map((tab, i) => useTab(tab, requests, opened[i] ?? [])))
    for (const connection of opened.flat()) connection.end()
    for (const [i, { session }] of tabs.entries())
      expect([...(seen[i] ?? [])]).toEqual([JSON.stringify([session.tenant_id, session.id, `who=${session.id}`])])
    for (const { session } of tabs) {
      const events = await rig.events({ session_id: session.id })
      expect(new Set(events.map(({ tenant_id }) => tenant_id))).toEqual(new Set([session.tenant_id]))
      expect(events.filter(({ action }) => action === 'SUPPORT_SESSION.REQUEST.COMPLETED')).toHaveLength(requests)
    }
  })
})
