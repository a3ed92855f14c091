import { randomUUID } from 'node:crypto'
import { type ActName, type ActRefusal, ConnectorInfo } from '@countersign/contract/connector.ts'
import { Fault } from '../../../outbound/check.ts'
import {
  type Change,
  newOrder,
  type Order,
  perform,
  post,
  readOutcome,
  readUser,
  requireRefusal,
  requireSame,
  requireUnknown,
  settle,
} from './act-calls.ts'
import type { Check } from './check.ts'
import type { Probe } from './probe.ts'
import { requireRefused } from './trust.ts'

const userActs = [
  'send_magic_link',
  'reset_passkey',
  'reset_totp',
  'revoke_session',
  'revoke_sessions',
  'suspend_account',
  'restore_account',
] as const satisfies ActName[]

/** Acts that need no parameters and leave the user able to sign in: with these, calls that must be refused are made. */
const plainActs: ActName[] = ['revoke_sessions', 'restore_account', 'reset_totp', 'reset_passkey', 'send_magic_link']

const secondsAgo = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds

/** Acts on a user whom the integrator can spare. */
export const actChecks = (userId: string): Check[] => {
  const offered = new Set<ActName>()
  const plain = () => plainActs.filter((act) => offered.has(act))

  const withPlainAct = (name: string, hint: string, run: (probe: Probe, order: Order) => Promise<string>): Check => ({
    name,
    hint,
    run: async (probe) => {
      const [act] = plain()
      return act === undefined ? `left out: none of ${plainActs.join(', ')} is offered` : run(probe, newOrder(probe, userId, act))
    },
  })
  const refuses = (name: string, code: ActRefusal, hint: string, change: (order: Order) => Change): Check =>
    withPlainAct(name, hint, async (probe, order) => {
      const said = requireRefusal(await post(probe, order, change(order)), code)
      await requireUnknown(probe, order)
      return said
    })
  /** The same for a token that is not good for the call. */
  const distrusts = (name: string, hint: string, claims: () => object): Check =>
    withPlainAct(name, hint, async (probe, order) => {
      const said = requireRefused(await post(probe, order, { claims: claims() }), 'it')
      await requireUnknown(probe, order)
      return said
    })

  const does = (act: (typeof userActs)[number]): Check => ({
    name: `${act} is done, once, and shows`,
    hint: 'An id has one effect: record its outcome, and answer it again, every member, by POST and by GET /acts/{id}.',
    run: async (probe) => {
      if (!offered.has(act)) return 'not offered'
      if (act === 'suspend_account' && !offered.has('restore_account')) return 'left out: it could not be restored'
      if (act !== 'revoke_session') return perform(probe, newOrder(probe, userId, act))
      const [session] = (await readUser(probe, userId)).sessions
      return perform(probe, newOrder(probe, userId, act, { session_id: session?.id ?? 'countersign-check-none' }))
    },
  })

  return [
    {
      name: 'it names its acts',
      hint: 'Name in `acts` of GET / what can be done through the product.',
      needed: true,
      run: async (probe) => {
        for (const act of (await probe.read('/', ConnectorInfo)).acts) offered.add(act)
        if (offered.size === 0) throw new Fault('GET / names no acts')
        return [...offered].join(', ')
      },
    },
    {
      name: 'the expendable user is there',
      hint: 'Name a user with --expendable-user by the id that the connector shows.',
      needed: true,
      run: async (probe) => (await readUser(probe, userId)).user.status,
    },
    distrusts('an expired act is refused', 'Compare `exp` with the clock; allow a few seconds, not minutes.', () => ({
      iat: secondsAgo(45),
      exp: secondsAgo(15),
    })),
    distrusts('an act with another body is refused', 'Compare `body_sha256` with the SHA-256 of the body as received.', () => ({
      body_sha256: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    })),
    refuses('an act without an id is refused', 'bad_request', 'Answer 400 bad_request where there is no Idempotency-Key.', () => ({
      headers: { 'idempotency-key': '' },
    })),
    refuses('an act under another id is refused', 'bad_request', 'Compare `operation` with the key, the act and the target.', () => ({
      headers: { 'idempotency-key': `check_${randomUUID()}` },
    })),
    refuses('an act in the name of another is refused', 'bad_request', 'Compare `requested_by` with `act` of the token.', () => ({
      body: { requested_by: { sub: 'somebody-else', email: 'somebody-else@localhost' } },
    })),
    refuses('foreign parameters are refused', 'bad_request', 'Take the members that the act has, and no others.', () => ({
      body: { parameters: { countersign_check: true } },
    })),
    refuses('an unknown act is refused', 'unknown_act', 'Answer 422 unknown_act to what GET / does not name.', (order) => ({
      order: { ...order, act: 'countersign_check' as ActName },
    })),
    refuses("a tenant's act on a user is refused", 'unknown_act', 'Answer 422 unknown_act where the act is for tenants.', (order) => ({
      order: { ...order, act: 'force_logout' },
    })),
    refuses('an act on an unknown user is refused', 'not_found', 'Answer 404 not_found, and remember nothing.', (order) => ({
      order: { ...order, target: { kind: 'user', id: 'countersign-check-none' } },
    })),
    ...userActs.map(does),
    withPlainAct(
      'an id stands for one act',
      'Compare act, target and parameters with what the id was claimed for, and answer 422 key_reused.',
      async (probe, order) => {
        const other = plain()[1]
        if (other === undefined) return 'left out: it takes two acts'
        const outcome = await settle(probe, order)
        const said = requireRefusal(await post(probe, { ...order, act: other }), 'key_reused')
        requireSame(outcome, await readOutcome(probe, order), `GET /acts/${order.id}`)
        return said
      },
    ),
    withPlainAct(
      'an act that comes four times at once has one outcome',
      'Claim the id under a unique constraint before the effect.',
      async (probe, order) => {
        const [first, ...others] = await Promise.all([settle, settle, settle, settle].map((ask) => ask(probe, order)))
        for (const other of others) requireSame(first as NonNullable<typeof first>, other, 'one of the calls')
        return String(first?.status)
      },
    ),
  ]
}
