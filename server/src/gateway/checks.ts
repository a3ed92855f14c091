import { checkBody } from './checks/body.ts'
import { checkClosing } from './checks/closing.ts'
import { checkHeaders } from './checks/headers.ts'
import { checkHost } from './checks/host.ts'
import { checkMethod } from './checks/method.ts'
import { checkRoute } from './checks/route.ts'
import { checkScope } from './checks/scope.ts'
import { checkSession } from './checks/session.ts'
import { checkSink } from './checks/sink.ts'
import { checkTarget } from './checks/target.ts'
import { checkTenant } from './checks/tenant.ts'
import { checkToken } from './checks/token.ts'
import { checkUpgrade } from './checks/upgrade.ts'
import type { Check } from './exchange.ts'

/**
 * What every request passes, in this order, before the admission is asked for (admit.ts) and anything is forwarded
 * (forward.ts). The first that refuses ends it; the refusal is recorded before it is answered (refuse.ts).
 */
export const checks: readonly { name: string; check: Check }[] = [
  { name: 'the gateway is not closing', check: checkClosing },
  { name: 'the target is written in one form only', check: checkTarget },
  { name: 'the method is known', check: checkMethod },
  { name: 'each header has one meaning and none claims what only we may say', check: checkHeaders },
  { name: 'no other protocol is asked for', check: checkUpgrade },
  { name: 'the host is ours', check: checkHost },
  { name: 'the body has one length, and is there only where it may be', check: checkBody },
  { name: 'one support session token was sent, in its header', check: checkToken },
  { name: 'the token belongs to a session', check: checkSession },
  { name: 'the route is not one that nobody may reach', check: checkSink },
  { name: 'the route is declared', check: checkRoute },
  { name: 'the tenant is the session’s own', check: checkTenant },
  { name: 'the session has the scope', check: checkScope },
]
