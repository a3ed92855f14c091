import { sessionStandings, sessionStatuses } from '@countersign/contract/sessions.ts'
import { expect, it } from 'vitest'
import { whyUnusable } from './unusable.ts'

it('S7 says why a session may not be used only where it is active and is refused all the same', () => {
  const told = sessionStatuses.flatMap((status) =>
    sessionStandings.filter((standing) => whyUnusable({ status, standing })).map((standing) => [status, standing]),
  )
  expect(told).toEqual([
    ['ACTIVE', 'tenant_gone'],
    ['ACTIVE', 'staff_not_allowed'],
  ])
})
