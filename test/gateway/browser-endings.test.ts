import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openRaw, type RawConnection, rawRequest } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { type BrowserRig, type Entered, ownFetch, startBrowserRig } from './browser-rig.ts'
import { type Replica, startReplica } from './rig.ts'

let rig: BrowserRig
/** Another instance, which hears of nothing that is done here. */
let replica: Replica
beforeAll(async () => {
  rig = await startBrowserRig({ gateway: 'browser_origin_is_public_suffix: true' })
  replica = await startReplica(rig)
})
afterAll(async () => {
  await replica?.close(0)
  await rig?.close()
})

/** The product sends a line every few milliseconds, in a page whose tags are rewritten. */
beforeEach(() => {
  rig.upstream.answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    const timer = setInterval(() => response.write('<p>line</p>\n'), 10)
    response.once('close', () => clearInterval(timer))
  }
})

const startStream = async ({ host, cookie }: Entered, port: number): Promise<RawConnection> => {
  const connection = await openRaw(port)
  connection.send(rawRequest('GET /v1/stream HTTP/1.1', [host, `Cookie: ${cookie}`, ...ownFetch]))
  await until(() => connection.pending().includes('line'))
  return connection
}

const expectCut = async (entered: Entered, code: string): Promise<void> => {
  const cut = await until(async () =>
    (await rig.events({ session_id: entered.session.id })).find(({ action }) => action === 'SUPPORT_SESSION.REQUEST.CUT'),
  )
  expect(cut).toMatchObject({ result: 'error', code, details: { via: 'browser' }, request: { status: 200 } })
}

describe('a page that loads', () => {
  for (const where of ['here', 'on another instance'] as const) {
    const port = () => (where === 'here' ? rig.port : replica.address.port)

    it(`M8 is cut within a second when its view is closed: ${where}`, async () => {
      const [entered, other] = [await rig.enter(), await rig.enter()]
      const connection = await startStream(entered, port())
      const kept = await startStream(other, port())
      const closedMs = performance.now()
      await rig.closeView(entered.session.id, entered.view_id)
      await connection.closed
      expect(performance.now() - closedMs).toBeLessThan(1_500)
      await expectCut(entered, 'view_closed')
      // Another view goes on, also one of the same person.
      const before = kept.pending().length
      await until(() => kept.pending().length > before)
      kept.end()
    })

    it(`S3 M8 is cut within a second when its session is revoked: ${where}`, async () => {
      const entered = await rig.enter()
      const connection = await startStream(entered, port())
      const revokedMs = performance.now()
      await rig.revoke(entered.session.id)
      await connection.closed
      expect(performance.now() - revokedMs).toBeLessThan(1_500)
      await expectCut(entered, 'session_revoked')
    })
  }

  it('SE-8 runs on where its session was extended, and is cut when that is over', async () => {
    const entered = await rig.enter()
    await rig.expireIn(entered.session.id, 2_000)
    const startedMs = performance.now()
    const connection = await startStream(entered, rig.port)
    await rig.expireIn(entered.session.id, 5_000)
    await until(() => performance.now() - startedMs > 3_000)
    const before = connection.pending().length
    await until(() => connection.pending().length > before)
    await connection.closed
    await expectCut(entered, 'session_expired')
  })

  it('S3 is cut when its session expires', async () => {
    const entered = await rig.enter()
    await rig.expireIn(entered.session.id, 1_000)
    const startedMs = performance.now()
    const connection = await startStream(entered, rig.port)
    await connection.closed
    expect(performance.now() - startedMs).toBeLessThan(2_000)
    await expectCut(entered, 'session_expired')
  })
})
