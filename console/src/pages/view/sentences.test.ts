import { errorCodes } from '@countersign/contract/errors.ts'
import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import { expect, it } from 'vitest'
import { findRoute } from './routes.ts'
import { refusedSentence } from './sentences.ts'

const catalogue: ScopeCatalogue = {
  scopes: [
    { scope: 'notifications:write', routes: [{ method: 'GET', path: '/v1/notifications/:id', does: 'mark a notification as read' }] },
    {
      scope: 'reports:read',
      routes: [
        { method: 'GET', path: '/v1/reports/:id' },
        { method: 'GET', path: '/v1/reports/latest' },
        { method: 'GET', path: '/v1/reports/:id:pdf' },
      ],
    },
  ],
  presets: [],
  max_minutes: 60,
}
const row = {
  via: 'browser' as const,
  method: 'GET',
  path: '/v1/notifications/7?x=1',
  route: '/v1/notifications/:id',
  code: 'scope_missing',
}

it.each([
  [row, 'The page tried to mark a notification as read: not in this session’s scopes.'],
  [
    { ...row, route: null, path: '/v1/other', code: 'route_undeclared' },
    'The page tried to GET /v1/other: that route is not declared for support.',
  ],
  [
    { ...row, route: null, code: 'route_undeclared' },
    'The page tried to GET /v1/notifications/7: that route is declared for another upstream, which has an origin of its own.',
  ],
  [{ ...row, method: 'POST', code: 'other_tenant' }, 'The page tried to POST /v1/notifications/:id: that belongs to another tenant.'],
  [{ ...row, route: null, code: 'body_refused' }, 'The page tried to mark a notification as read: it sent a body where none is allowed.'],
  [{ ...row, route: null, path: null, code: 'sink_blocked' }, /^The page tried to GET a path that was erased: no support session may/],
  [{ ...row, via: 'token' as const }, 'A request with the token tried to mark a notification as read: not in this session’s scopes.'],
  [{ ...row, code: 'a_code_of_tomorrow' }, 'The page tried to mark a notification as read: it was refused.'],
])('C44 says in words what was refused: %j', (refused, sentence) => {
  if (typeof sentence === 'string') expect(refusedSentence(refused, catalogue)).toBe(sentence)
  else expect(refusedSentence(refused, catalogue)).toMatch(sentence)
})

it('C44 has a sentence for every refusal that there is', () => {
  for (const code of errorCodes)
    expect(refusedSentence({ ...row, code }, catalogue)).toMatch(/^The page tried to mark a notification as read: [^.]+\.$/)
})

it.each([
  ['/v1/reports/latest?x=1', '/v1/reports/latest'],
  ['/v1/reports/7', '/v1/reports/:id'],
  ['/v1/reports/7:pdf', '/v1/reports/:id:pdf'],
  ['/v1/reports', undefined],
  ['/v1/reports/', undefined],
])('finds the route that %s would take', (target, path) => {
  expect(findRoute(catalogue, 'GET', target)?.path).toBe(path)
})
