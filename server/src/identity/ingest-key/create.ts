import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Ctx } from '../../access/ctx.ts'
import { parse } from '../../access/parse.ts'
import { actorOf, type OperatorPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { newId } from '../../ids.ts'
import type { Tables } from '../../store/tables.ts'
import { hintOf, newKey } from '../key-format.ts'
import { hashSecret } from '../secret.ts'
import { CreateKey } from '../tenant-key/create.ts'

export const CreateIngestKey = z.strictObject({ name: CreateKey.shape.name, expires_in_days: CreateKey.shape.expires_in_days })
export type CreateIngestKey = z.input<typeof CreateIngestKey>

export type CreatedIngestKey = { id: string; key: string; hint: string; expires_at: Date | null }

type Operator = Ctx<OperatorPrincipal>

const insertKey = async (
  { principal, journal }: Operator,
  tx: Kysely<Tables>,
  { key, name, days }: { key: string; name: string; days: number | undefined },
): Promise<CreatedIngestKey> => {
  const id = newId('ingestKey')
  const hint = hintOf(key)
  const { expires_at } = await tx
    .insertInto('ingest_keys')
    .values({
      ...{ id, name, hint, key_hash: hashSecret(key), created_by: principal.id },
      expires_at: days === undefined ? null : sql`clock_timestamp() + make_interval(days => ${days})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  await journal.record(tx, {
    action: 'INGEST_KEY.CREATED',
    result: 'ok',
    actor: actorOf(principal),
    target: { kind: 'key', id, label: name },
    details: { hint, ...(expires_at ? { expires_at: expires_at.toISOString() } : {}) },
  })
  return { id, key, hint, expires_at }
}

/** Creates a key for sending signals. This answer is the only place where it can ever be read. */
export const createIngestKey = verb({
  name: 'create an ingest key',
  may: 'operator',
  parse: (raw: CreateIngestKey) => parse(CreateIngestKey, raw),
  run: async (ctx: Operator, { name, expires_in_days: days }): Promise<CreatedIngestKey> =>
    await transact(ctx, (tx) => insertKey(ctx, tx, { key: newKey('ingest'), name, days })),
})

/** Makes a key that somebody holds already known, once: the example product's. One that was revoked stays so. */
export const ensureIngestKey = verb({
  name: 'admit an ingest key',
  may: 'operator',
  run: async (ctx: Operator, { name, key }: { name: string; key: string }): Promise<void> =>
    await transact(ctx, async (tx) => {
      const known = await tx.selectFrom('ingest_keys').select('id').where('key_hash', '=', hashSecret(key)).executeTakeFirst()
      if (known === undefined) await insertKey(ctx, tx, { key, name, days: undefined })
    }),
})
