import { leafOf } from '@countersign/log/entry.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import pg from 'pg'
import { draftEvent } from '../../server/src/audit/record.ts'
import { eventOf } from '../audit/rig.ts'
import type { TestDatabase } from './database.ts'

/** What somebody with the database can do while the sequencer is held back by a lock on its lease. */
export const heldBack = async <T>(superuserUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    await client.query('begin')
    await client.query(`select from leases where name = 'sequencer' for update`)
    const done = await work(client)
    await client.query('commit')
    return done
  } finally {
    await client.end()
  }
}

/** An event of the program's as one that is recorded at another time: its mark does not cover the instant. */
export const insertAt = async (
  { store, keys }: Pick<TestDatabase, 'store' | 'keys'>,
  at: Date,
  event: Parameters<typeof draftEvent>[1] = eventOf(0),
) => {
  const { id, head, tail, mac } = draftEvent(keys.event, event)
  const occurred_at = at.toISOString().replace('Z', '000Z')
  const body = `${head}${occurred_at}${tail}`
  await store.pool.query('insert into events (body, mac) values ($1, $2)', [body, mac])
  return { id, occurred_at, leaf: leafOf(sha256, body) }
}
