import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { endingEvents, type LoggedEvent, openingEvents } from '@countersign/contract/events.ts'
import type { Receipt } from '@countersign/contract/receipts.ts'
import { archiveFiles } from '../archive/files.ts'
import type { Archive } from '../archive/open.ts'
import { readReceipt } from '../sessions/receipt.ts'
import type { Store } from '../store/open.ts'

type Is = (event: LoggedEvent) => boolean
const named =
  (...names: LoggedEvent['action'][]): Is =>
  ({ action }) =>
    names.includes(action)
const ok =
  (is: Is): Is =>
  (event) =>
    event.result === 'ok' && is(event)

const denied =
  (is: Is): Is =>
  (event) =>
    event.result === 'deny' && is(event)

/** Ends that nobody brought about. */
const byTime = ['SUPPORT_SESSION.EXPIRED', 'IMPERSONATE.EXPIRED', 'SUPPORT_SESSION.TIMED_OUT', 'IMPERSONATE.TIMED_OUT'] as const

const isApproval = ok(named('ACTION.APPROVED', 'ACCOUNT.SUSPEND.APPROVED'))
const isOpening = ok(named(...openingEvents))

/** What is counted, and from which events: the summary says both. */
const counted = {
  signIns: ok(named('AUTH.SIGNED_IN')),
  signInsDenied: named('AUTH.DENIED'),
  stepUps: named('AUTH.STEPPED_UP'),
  passkeysEnrolled: named('STAFF.PASSKEY.ENROLLED'),
  keysCreated: named('KEY.CREATED'),
  keysRevoked: named('KEY.REVOKED'),
  sessionsOpened: isOpening,
  sessionsDenied: denied(named('SUPPORT_SESSION.DENIED', 'IMPERSONATE.DENIED')),
  sessionsRevoked: named(...endingEvents.filter((name) => !byTime.some((other) => other === name))),
  sessionsExpired: named(...byTime),
  staffDisabled: named('STAFF.DISABLED'),
  actsDone: ({ category, action, result }) => category === 'action' && result === 'ok' && action !== 'ACTION.STARTED',
  actsDenied: ({ category, result }) => category === 'action' && result === 'deny',
  approvals: isApproval,
  rejections: named('ACTION.REJECTED', 'ACCOUNT.SUSPEND.REJECTED'),
  accessDenied: named('ACCESS.DENIED'),
  requestsAdmitted: named('SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.ASSET.ADMITTED'),
  requestsRefused: named('SUPPORT_SESSION.REQUEST.REFUSED'),
  gatewayRefused: named('GATEWAY.REFUSED'),
  auditReads: named('AUDIT.READ'),
  lookUps: ({ category }) => category === 'look_up',
  tampering: named('LOG.TAMPER.SUSPECTED'),
  clockJumps: named('CLOCK.JUMPED'),
} as const satisfies Record<string, Is>

type Some = { count: number; first: string[] }
export type Facts = {
  of: string
  span: string
  isOfTenant: boolean
  origin: string
  fingerprint: string
  size: number
  events: number
  counts: Record<keyof typeof counted, number>
  approvals: Some
  denials: Some
  sessions: Pick<Receipt, 'session_id' | 'scopes_granted' | 'scopes_used' | 'ticket'>[]
}

const shownItems = 20

/** An array of JSON that grows on the disk. */
const openList = (path: string) => {
  const stream: WriteStream = createWriteStream(path, { mode: 0o600 })
  let count = 0
  return {
    async add(value: object): Promise<void> {
      const text = `${count === 0 ? '[' : ','}\n${JSON.stringify(value)}`
      count += 1
      if (!stream.write(text)) await once(stream, 'drain')
    },
    async end(): Promise<void> {
      stream.end(count === 0 ? '[]\n' : '\n]\n')
      await once(stream, 'finish')
    },
  }
}

const eventsIn = async function* (archive: Archive): AsyncGenerator<LoggedEvent> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of archive.read(archiveFiles.events('ndjson'))) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as LoggedEvent
  }
}

const personOf = ({ actor }: LoggedEvent): string => (actor.kind === 'staff' ? (actor.email ?? actor.id) : actor.id)
const lineOf = (event: LoggedEvent): string =>
  `${event.occurred_at.slice(0, 19).replace('T', ' ')} UTC: ${event.action} by ${personOf(event)}${event.target ? ` on ${event.target.label ?? event.target.id}` : ''}${event.note ? `: ${event.note}` : ''} (entry ${event.log_index})`

const note = (some: Some, event: LoggedEvent): void => {
  some.count += 1
  if (some.first.length < shownItems) some.first.push(lineOf(event))
}

/** Reads the events of a pack once: counts, and writes what auditors ask for into files of its own. */
export const gather = async (
  { store, origin, folder }: { store: Store; origin: string; folder: string },
  archive: Archive,
): Promise<Pick<Facts, 'events' | 'counts' | 'approvals' | 'denials' | 'sessions'>> => {
  const counts = Object.fromEntries(Object.keys(counted).map((name) => [name, 0])) as Facts['counts']
  const [approvals, denials]: [Some, Some] = [
    { count: 0, first: [] },
    { count: 0, first: [] },
  ]
  const files = {
    approvals: openList(join(folder, 'approvals.json')),
    denials: openList(join(folder, 'denials.json')),
    sessions: openList(join(folder, 'sessions.json')),
  }
  const sessions: Facts['sessions'] = []
  let events = 0
  for await (const event of eventsIn(archive)) {
    events += 1
    for (const [name, is] of Object.entries(counted) as [keyof typeof counted, Is][]) if (is(event)) counts[name] += 1
    if (isApproval(event)) {
      note(approvals, event)
      await files.approvals.add(event)
    }
    if (event.result === 'deny') {
      note(denials, event)
      await files.denials.add(event)
    }
    if (isOpening(event)) {
      const receipt = await readReceipt(store.db, origin, event.session_id as string)
      if (!receipt) throw new Error(`the session ${event.session_id} has no events`)
      const { session_id, scopes_granted, scopes_used, ticket } = receipt
      sessions.push({ session_id, scopes_granted, scopes_used, ticket })
      await files.sessions.add(receipt)
    }
  }
  await Promise.all(Object.values(files).map((file) => file.end()))
  return { events, counts, approvals, denials, sessions }
}
