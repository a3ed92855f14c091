import type { DestinationTest } from '@countersign/contract/feed.ts'
import type { Ctx } from '../access/ctx.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { awaitCaughtUp } from '../audit/caught-up.ts'
import { discloseAll } from '../audit/disclose.ts'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import type { Store } from '../store/open.ts'
import type { WriteNeeds } from './contents/content.ts'
import type { FeedRecord } from './formats/record.ts'
import { openSender, type SenderNeeds } from './open-sender.ts'
import { recordOf } from './read.ts'
import { type Item, Rejected, type Sender, Unsent } from './senders/sender.ts'
import { writeTest } from './write.ts'

/** What trying a destination takes besides what every verb has. */
export type TestNeeds = Omit<WriteNeeds, 'store'> & SenderNeeds & { config: Pick<Config, 'destinations'> }

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
  return event && recordOf(event, rows[0]?.body as string, origin)
}

const trySending = async (sender: Sender, item: Item): Promise<{ ok: boolean; sentence: string }> => {
  try {
    await sender.send([item])
    return { ok: true, sentence: `it took ${item.event.id}, entry ${item.event.log_index} of the log` }
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
  async run(ctx: Ctx<StaffPrincipal> & TestNeeds, name: string): Promise<DestinationTest> {
    const { store, journal, principal, config, origin } = ctx
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
    const sender = openSender({ ...ctx, name, destination })
    const began = performance.now()
    try {
      return { ...(await trySending(sender, writeTest(ctx, destination, record))), took_ms: Math.round(performance.now() - began) }
    } finally {
      await sender.close()
    }
  },
})
