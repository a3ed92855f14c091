import type { DestinationTest } from '@countersign/contract/feed.ts'
import { leafOf } from '@countersign/log/entry.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import type { Ctx } from '../access/ctx.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { awaitCaughtUp } from '../audit/caught-up.ts'
import { discloseAll } from '../audit/disclose.ts'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import type { Store } from '../store/open.ts'
import type { FeedRecord } from './formats/record.ts'
import { openSender } from './open-sender.ts'
import { Rejected, type Sender, Unsent } from './senders/sender.ts'
import { writeItem } from './write.ts'

type Needs = { config: Pick<Config, 'destinations' | 'source'>; origin: string; environment: NodeJS.ProcessEnv }

/** The event of the test, once it has its place in the log. */
const findLogged = async (store: Store, origin: string, id: string): Promise<FeedRecord | undefined> => {
  if (!(await awaitCaughtUp(store, new AbortController().signal))) return undefined
  const rows = await store.db
    .selectFrom('log_entries as entry')
    .innerJoin('events as event', 'event.n', 'entry.event_n')
    .select(['entry.log_index', 'event.body'])
    .where('entry.event_id', '=', id)
    .execute()
  const [event] = await discloseAll(store.db, rows)
  return event && { event, origin, leaf: Buffer.from(leafOf(sha256, rows[0]?.body as string)).toString('hex') }
}

const trySending = async (
  sender: Sender,
  record: FeedRecord,
  format: Parameters<typeof writeItem>[0],
): Promise<{ ok: boolean; sentence: string }> => {
  try {
    await sender.send([writeItem(format, record)])
    return { ok: true, sentence: `it took ${record.event.id}, entry ${record.event.log_index} of the log` }
  } catch (error) {
    if (error instanceof Rejected) return { ok: false, sentence: `it refused the event: ${error.message}` }
    if (error instanceof Unsent) return { ok: false, sentence: error.message }
    throw error
  }
}

/** Sends one event, the one that says that it was sent. It comes again in its turn where the filter lets it through. */
export const testDestination = verb({
  name: 'test a destination',
  may: ['super_admin'],
  async run(ctx: Ctx<StaffPrincipal> & Needs, name: string): Promise<DestinationTest> {
    const { store, journal, principal, config, origin, environment } = ctx
    const destination = Object.hasOwn(config.destinations, name) ? config.destinations[name] : undefined
    if (!destination) throw new Refusal('not_found')
    const id = await transact(ctx, (tx) =>
      journal.record(tx, {
        action: 'DELIVERY.TESTED',
        result: 'ok',
        actor: actorOf(principal),
        ...(destination.tenant_id === undefined ? {} : { tenant_id: destination.tenant_id }),
        target: { kind: 'destination', id: name },
      }),
    )
    const record = await findLogged(store, origin, id)
    if (!record) return { ok: false, sentence: 'the log is behind: nothing was sent', took_ms: 0 }
    const sender = openSender({ name, destination, config, environment })
    const began = performance.now()
    try {
      return { ...(await trySending(sender, record, destination.format)), took_ms: Math.round(performance.now() - began) }
    } finally {
      await sender.close()
    }
  },
})
