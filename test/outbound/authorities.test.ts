import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls, { createServer as createTlsServer } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Destination } from '../../server/src/destinations.ts'
import { openHttpConnector } from '../../server/src/directory/connectors/http.ts'
import { openSender } from '../../server/src/feed/open-sender.ts'
import type { Item } from '../../server/src/feed/senders/sender.ts'
import { openIssuer } from '../../server/src/identity/issuer/open.ts'
import { trustAuthorities } from '../../server/src/outbound/authorities.ts'
import { openPeer } from '../../server/src/outbound/peer.ts'
import { codeOf, type GatewayRig, startGatewayRig, startReplica } from '../gateway/rig.ts'
import { newAuthority } from '../support/certificate.ts'
import { rawRequest, sendRaw } from '../support/raw.ts'

const { ca, cert, key } = newAuthority()
const folder = mkdtempSync(join(tmpdir(), 'countersign-ca-'))
const source = join(folder, 'countersign.config.yaml')
const usual = tls.getCACertificates('default')
const trust = (ca_file: string | undefined) => trustAuthorities({ source, tls: { ca_file } })

let rig: GatewayRig
let port: number
let smtpPort: number
let syslogPort: number
const servers: Server[] = []
const listen = async (server: Server): Promise<number> => {
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
beforeAll(async () => {
  writeFileSync(join(folder, 'ca.pem'), `An authority\n${ca}`)
  writeFileSync(join(folder, 'empty.pem'), 'nothing')
  writeFileSync(join(folder, 'broken.pem'), ca.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAAAAAAAAAAAAAAAAAA'))
  port = await listen(
    createServer({ key, cert }, (request, response) => {
      const issuer = `https://localhost:${port}`
      const description = {
        issuer,
        authorization_endpoint: issuer,
        token_endpoint: issuer,
        jwks_uri: issuer,
        items: [],
        next_cursor: null,
        sync_token: 's',
      }
      request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(description)))
    }),
  )
  const smtp = new SMTPServer({ key, cert, secure: true, authOptional: true, logger: false })
  // What goes wrong is for the one who calls.
  smtp.on('error', () => {})
  smtpPort = await listen(smtp.server as unknown as Server)
  syslogPort = await listen(createTlsServer({ key, cert }, (socket) => void socket.resume().once('end', () => socket.end())))
  rig = await startGatewayRig({ routes: "\n    - { method: GET, path: /v1/live, scope: 'reports:read', stream: websocket, reads: true }" })
})
afterEach(() => tls.setDefaultCACertificates(usual))
afterAll(async () => {
  for (const server of servers) server.close()
  await rig.close()
  rmSync(folder, { recursive: true, force: true })
})

const signing = generateKeyPairSync('ed25519').privateKey
const actor = { kind: 'staff', id: 'stf_1' }
const event = { id: 'evt_1', occurred_at: '2026-01-01T00:00:00.000Z', action: 'TENANT.OPENED', result: 'ok', log_index: 7, actor }
const item = { event, leaf: 'ab', text: '{}', isJson: true, subject: 'x', origin: 'test' } as unknown as Item
const deliver = async (given: object) => {
  const destination = Destination.parse({ allow_addresses: ['127.0.0.1', '::1'], ...given })
  const sender = openSender({
    name: 'to',
    destination,
    config: { source },
    environment: { SECRET: `whsec_${'A'.repeat(32)}` },
    key: { privateKey: signing, kid: 'k' },
  })
  await sender.send([item]).finally(sender.close)
}

/** A request, or a WebSocket, by way of a gateway whose product has that certificate: what the record says of it. */
const throughGateway = async (first: string, more: string[] = []) => {
  const upstream = `https://127.0.0.1:${port}`
  const config = { ...rig.config, gateway: { ...rig.config.gateway, upstream } }
  const replica = await startReplica({ ...rig, config }, { error: () => {}, info: () => {}, warn: () => {} })
  const { session, token } = await rig.open()
  const at = replica.address.port
  const answer = await sendRaw(at, rawRequest(first, [`Host: localhost:${at}`, `Authorization: Bearer ${token}`, ...more]))
  await replica.close(0)
  if (codeOf(answer) !== 'upstream_unavailable') return
  const events = await rig.events({ session_id: session.id, action: 'SUPPORT_SESSION.REQUEST.FAILED' })
  throw new Error(events[0]?.note)
}
const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13']

const calls: [string, () => Promise<unknown>][] = [
  ['the product', () => throughGateway('GET /v1/reports HTTP/1.1')],
  ['a WebSocket of the product', () => throughGateway('GET /v1/live HTTP/1.1', upgrade)],
  [
    'its connector',
    async () => {
      const keys = { assertion: { privateKey: signing, publicJwk: { kid: 'k' } } } as never
      const connector = openHttpConnector({ url: `https://localhost:${port}/c`, audience: 'c', issuer: 'http://localhost:4000', keys })
      try {
        await connector.listTenants({ limit: 1 })
      } catch (error) {
        throw (error as Error).cause
      } finally {
        await connector.close()
      }
    },
  ],
  ['the identity provider', () => openIssuer({ issuer: `https://localhost:${port}`, client_id: 'c', scope: 'openid' }).look()],
  [
    'whom else it asks',
    async () => {
      const peer = openPeer({ name: 'x', timeoutMs: 5_000, answerBytes: 10_000 })
      await peer.call({ origin: `https://localhost:${port}`, target: '/', method: 'GET' }).finally(peer.close)
    },
  ],
  ['a webhook', () => deliver({ type: 'webhook', url: `https://localhost:${port}/`, secrets: [{ env: 'SECRET' }] })],
  ['syslog', () => deliver({ type: 'syslog', host: 'localhost', port: syslogPort })],
  [
    'a mail server',
    () =>
      deliver({
        type: 'mail',
        content: 'approvals',
        host: 'localhost',
        port: smtpPort,
        from: 'a@vendor.example',
        to: ['b@vendor.example'],
      }),
  ],
]

describe('a certificate of a private authority', () => {
  it.each(calls)('is refused by its name, and accepted where tls.ca_file has the authority: %s', async (_, call) => {
    await expect(call()).rejects.toThrow(
      /its TLS certificate is not accepted \(UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT_LOCALLY)\)/,
    )
    trust('ca.pem')
    await call()
  })

  it('of a destination with authorities of its own, those alone count', async () => {
    trust('ca.pem')
    writeFileSync(join(folder, 'other.pem'), newAuthority().ca)
    const other = { type: 'webhook', url: `https://localhost:${port}/`, secrets: [{ env: 'SECRET' }], ca_file: 'other.pem' }
    await expect(deliver(other)).rejects.toThrow('its TLS certificate is not accepted')
  })
})

it.each([
  ['missing.pem', /tls\.ca_file names .*missing\.pem, which cannot be read: ENOENT/],
  ['empty.pem', /which has no certificate in it/],
  ['broken.pem', /which cannot be read/],
])('a file that has no authority keeps the program from starting: %s', (file, sentence) => {
  expect(() => trust(file)).toThrow(sentence)
})
