import type { IncomingMessage, ServerResponse } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOfRow } from '../../server/src/audit/commit.ts'
import { type EventHalves, halveEvent } from '../../server/src/audit/record.ts'
import { draftAdmitted, draftCompleted, sessionEvent } from '../../server/src/gateway/entries.ts'
import { escapeInput } from '../../server/src/gateway/escape.ts'
import { type Exchange, newExchange } from '../../server/src/gateway/exchange.ts'
import { compileRoutes } from '../../server/src/gateway/routes.ts'
import { newId } from '../../server/src/ids.ts'
import type { SessionFacts } from '../../server/src/sessions/facts.ts'

const routes = compileRoutes({ routes: [{ method: 'GET', path: "/v1/a'b/:id", scope: 'reports:read' }], sinks: [] })

const place = { label: 'abcdefghijklmnopqrstuvwxyz', upstream: 'default' }

const exchangeOf = (target: string, requestId?: string, mode?: string): Exchange => {
  const request = { method: 'GET', url: target, headers: { 'sec-fetch-mode': mode } } as unknown as IncomingMessage
  const exchange = newExchange(request, {} as ServerResponse, false, mode === undefined ? undefined : place)
  exchange.route = routes.find('GET', "/v1/a'b/7")?.route
  exchange.headers = new Map(requestId === undefined ? [] : [['x-request-id', requestId]])
  return exchange
}

const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const digest = fc.base64String({ minLength: 44, maxLength: 44 }).map((given) => given.replaceAll(/[+/=]/g, '_').slice(0, 43))
const facts = fc.record({
  id: fc.constant(newId('session')),
  token_hash: fc.constant('00'),
  tenant_id: text,
  target_user_id: fc.option(text),
  scopes: fc.constant(new Set(['reports:read'])),
  address_hash: fc.constant(null),
  digests: fc.record({ 'actor.email': digest, 'actor.name': digest, ticket: digest }, { requiredKeys: ['actor.email', 'actor.name'] }),
  staff: fc.record({ kind: fc.constant('staff' as const), id: text, issuer: text, subject: text, email: text, name: text }),
}) as fc.Arbitrary<SessionFacts>

const idOf = ({ head }: EventHalves): string => /"id":"(evt_[0-9a-f]{32})","occurred_at":"$/.exec(head)?.[1] ?? ''

/** The draft without what differs from one call to the next. */
const sameButTimes = (half: string) => half.replace(/"duration_ms":[0-9.]+/, '"duration_ms":0')

describe('the events written out by hand', () => {
  it('have the very bytes that the canonical form has', () => {
    fc.assert(
      fc.property(
        facts,
        fc.option(fc.string({ maxLength: 200 }), { nil: undefined }),
        fc.option(fc.nat(), { nil: undefined }),
        fc.constantFrom(undefined, 'cors', 'navigate'),
        (session, given, bytes, mode) => {
          const exchange = exchangeOf("/v1/a'b/7?x=%C3%A4", given, mode)
          const admitted = draftAdmitted(exchange, session)
          const {
            status: _,
            duration_ms: __,
            ...request
          } = sessionEvent('SUPPORT_SESSION.REQUEST.ADMITTED', exchange, session, { result: 'ok', status: 0 }).request ?? {}
          const event = sessionEvent('SUPPORT_SESSION.REQUEST.ADMITTED', exchange, session, { result: 'ok', status: 0 })
          const { disclosures, ...halves } = admitted
          const { head, tail } = halveEvent({ ...event, request: request as never }, idOf(admitted))
          expect(halves).toEqual({ head, tail })
          expect(disclosures.map(digestOfRow)).toEqual(given ? [expect.any(String), expect.any(String)] : [expect.any(String)])
          for (const row of disclosures) expect(head).toContain(`"${row.member}":"${digestOfRow(row)}"`)
          const completed = draftCompleted(exchange, session, { status: 204, bytes })
          const whole = halveEvent(
            sessionEvent('SUPPORT_SESSION.REQUEST.COMPLETED', exchange, session, { result: 'ok', status: 204, bytes }),
            idOf(completed),
          )
          expect(completed.head).toBe(whole.head)
          expect(sameButTimes(completed.tail)).toBe(sameButTimes(whole.tail))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('hold no line feed, whatever was sent', () => {
    fc.assert(
      fc.property(facts, fc.string({ unit: 'binary', maxLength: 300 }), (session, given) => {
        const { head, tail } = draftAdmitted(exchangeOf(`/v1/reports${given}`, given), session)
        expect(`${head}${tail}`).not.toContain('\n')
      }),
    )
  })
})

describe('escapeInput', () => {
  it('leaves printable ASCII, bounds the length, and hides tokens and keys', () => {
    expect(escapeInput('/v1/reports?x=1', 100)).toBe('/v1/reports?x=1')
    expect(escapeInput('a\u001b[31m\n\\\u202e', 100)).toBe('a\\x1b[31m\\x0a\\x5c\\x202e')
    expect(escapeInput('x'.repeat(500), 128)).toHaveLength(128)
    expect(escapeInput(`/a?t=css_${'A'.repeat(43)}&k=cs_live_${'b'.repeat(30)}`, 200)).toBe('/a?t=css_[hidden]&k=cs_live_[hidden]')
    expect(escapeInput(`/a?t=%63s%73%5f${'%41'.repeat(43)}&k=c%73_%6cive%5F${'b'.repeat(30)}`, 200)).toBe(
      '/a?t=css_[hidden]&k=cs_live_[hidden]',
    )
    expect(escapeInput('/a?q=100%25&r=%C3%A9', 100)).toBe('/a?q=100%25&r=%C3%A9')
  })
})
