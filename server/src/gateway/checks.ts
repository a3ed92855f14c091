import { checkAddress } from './checks/address.ts'
import { checkBody } from './checks/body.ts'
import { checkClosing } from './checks/closing.ts'
import { checkCookie } from './checks/cookie.ts'
import { checkForm } from './checks/form.ts'
import { checkHeaders } from './checks/headers.ts'
import { checkHost } from './checks/host.ts'
import { checkLabel } from './checks/label.ts'
import { checkBrowserMethod, checkMethod } from './checks/method.ts'
import { checkRoute } from './checks/route.ts'
import { checkScope } from './checks/scope.ts'
import { checkSession } from './checks/session.ts'
import { checkSink } from './checks/sink.ts'
import { checkSite } from './checks/site.ts'
import { checkTarget } from './checks/target.ts'
import { checkTenant } from './checks/tenant.ts'
import { checkToken } from './checks/token.ts'
import { checkUpgrade } from './checks/upgrade.ts'
import { checkView } from './checks/view.ts'
import type { Caller, Check } from './exchange.ts'
import { checkSwitch } from './streams/handshake.ts'

/** What is asked of each kind of caller: a program with a token (`bearer`), a page of the product with a cookie (`browser`). */
export type Row = { name: string } & Record<Caller, Check | null>

/** The same of both. */
const both = (name: string, check: Check): Row => ({ name, bearer: check, browser: check })

/**
 * What every request passes, in this order, before the admission is asked for (admit.ts) and anything is forwarded
 * (forward.ts). The first that refuses ends it; the refusal is recorded before it is answered (refuse.ts).
 */
export const checks = {
  /** Of the request as such. After these, pages of ours are answered at the origins of views (browser/reserved.ts). */
  request: [
    both('the gateway is not closing', checkClosing),
    both('the target is written in one form only', checkTarget),
    { name: 'the method is known', bearer: checkMethod, browser: checkBrowserMethod },
    both('each header has one meaning and none claims what only we may say', checkHeaders),
    both('no other protocol is asked for than a WebSocket', checkUpgrade),
    { name: 'the host is ours', bearer: checkHost, browser: checkLabel },
  ],
  /** Of what it asks of the product. */
  session: [
    both('the body has one length, and is there only where it may be', checkBody),
    { name: 'it comes from a page of the view, inside the console', bearer: null, browser: checkSite },
    { name: 'one credential was sent, in its header', bearer: checkToken, browser: checkCookie },
    { name: 'the credential belongs to a session', bearer: checkSession, browser: checkView },
    both('the address is the one that the session is bound to', checkAddress),
    both('the route is not one that nobody may reach', checkSink),
    both('the route is declared', checkRoute),
    both('a WebSocket is asked for where the route is one, and nowhere else', checkSwitch),
    both('a form is sent where its route takes one', checkForm),
    both('the tenant is the session’s own', checkTenant),
    both('the session has the scope', checkScope),
  ],
} as const satisfies Record<string, readonly Row[]>
