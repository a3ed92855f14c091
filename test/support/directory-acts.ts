import type { IncomingMessage } from 'node:http'
import { actTargets, type ConnectorAct } from '@countersign/contract/connector.ts'
import type { JWTPayload } from 'jose'
import type { Person, World } from './directory.ts'

/** Checks of acts that a careless directory leaves out. */
export type ActCare = 'idempotency' | 'key' | 'reuse' | 'unknown_act' | 'operation' | 'parameters' | 'effect' | 'outcome'

type Answer = [status: number, body: unknown]
type Body = { act: keyof typeof actTargets; parameters: { session_id?: string }; requested_by: { sub: string } }

const refuse = (status: number, code: string): Answer => [status, { code, message: `refused: ${code}` }]
const sameJson = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

const dropFactors = (person: Person, kinds: string[]): number => {
  const gone = person.factors.filter(({ kind }) => kinds.includes(kind))
  person.factors = person.factors.filter(({ kind }) => !kinds.includes(kind))
  return gone.length
}
const dropSessions = (person: Person, id?: string): number => {
  const gone = person.sessions.filter((session) => id === undefined || session.id === id)
  person.sessions = person.sessions.filter((session) => !gone.includes(session))
  return gone.length
}
const setStatus = (person: Person, status: Person['user']['status']): number => {
  const changed = person.user.status !== status
  person.user.status = status
  return changed ? 1 : 0
}

const effects: Record<keyof typeof actTargets, (people: Person[], parameters: Body['parameters']) => number> = {
  reset_passkey: ([person]) => dropFactors(person as Person, ['passkey']),
  reset_totp: ([person]) => Math.min(1, dropFactors(person as Person, ['totp', 'recovery_codes'])),
  revoke_sessions: ([person]) => dropSessions(person as Person),
  revoke_session: ([person], { session_id }) => dropSessions(person as Person, session_id),
  send_magic_link: () => 1,
  suspend_account: ([person]) => {
    setStatus(person as Person, 'suspended')
    return dropSessions(person as Person)
  },
  restore_account: ([person]) => setStatus(person as Person, 'active'),
  force_logout: (people) => people.reduce((sum, person) => sum + dropSessions(person), 0),
}

/** The acts of a directory in memory: each id has one effect. `done` has every effect in its order. */
export const newDirectoryActs = (careless: Set<string>) => {
  const claimed = new Map<string, { asked: unknown; outcome: ConnectorAct }>()
  const done: { id: string; act: string; target: string }[] = []

  /** To the microsecond, so that no two effects have the same. */
  const instant = () => new Date().toISOString().replace('Z', `${String(done.length % 1000).padStart(3, '0')}Z`)

  const post = (world: World, kind: 'user' | 'tenant', id: string, request: IncomingMessage, body: Body, claims: JWTPayload): Answer => {
    const operation = claims.operation as { id?: string } | undefined
    const key = request.headers['idempotency-key']?.toString() || (careless.has('key') ? String(operation?.id) : '')
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(key)) return refuse(400, 'bad_request')
    const { act, parameters, requested_by } = body
    const target = { kind, id }
    if (!careless.has('operation')) {
      if (!sameJson(operation, { id: key, act, target })) return refuse(400, 'bad_request')
      if (requested_by?.sub !== (claims.act as { sub?: string } | undefined)?.sub) return refuse(400, 'bad_request')
    }
    if (actTargets[act] !== kind && !careless.has('unknown_act')) return refuse(422, 'unknown_act')
    const wanted = act === 'revoke_session' ? ['session_id'] : []
    if (!sameJson(Object.keys(parameters ?? {}), wanted) && !careless.has('parameters')) return refuse(400, 'bad_request')

    const asked = { act, target, parameters }
    const known = claimed.get(key)
    if (known && !careless.has('idempotency')) {
      return sameJson(known.asked, asked) || careless.has('reuse') ? [200, known.outcome] : refuse(422, 'key_reused')
    }
    const people = world.people.filter(({ user }) => (kind === 'user' ? user.id : user.tenant_id) === id)
    if (people.length === 0) return refuse(404, 'not_found')
    const count = careless.has('effect') ? 0 : (effects[act]?.(people, parameters) ?? 0)
    done.push({ id: key, act, target: id })
    const nothing = { code: null, message: null } as const
    const outcome: ConnectorAct = { id: key, act, target, status: 'done', count, ...nothing, at: instant() }
    claimed.set(key, { asked, outcome })
    return [200, outcome]
  }

  const get = (id: string): Answer => {
    const known = careless.has('outcome') ? undefined : claimed.get(id)
    return known ? [200, known.outcome] : refuse(404, 'not_found')
  }
  return { done, post, get }
}
