import { TenantId } from '@countersign/contract/ids.ts'
import { Permission } from '@countersign/contract/keys.ts'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Ctx } from '../../access/ctx.ts'
import { parse } from '../../access/parse.ts'
import { actorOf, type OperatorPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { Refusal } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { hintOf, newKey } from '../key-format.ts'
import { hashSecret } from '../secret.ts'

export const CreateKey = z.strictObject({
  tenant_id: TenantId,
  name: z
    .string()
    .trim()
    .regex(/^[^\p{C}]{1,100}$/u, 'needs 1 to 100 characters that can be shown')
    .describe('What the key is for, such as "Globex SIEM"'),
  permissions: z
    .array(Permission)
    .max(20)
    .transform((list) => [...new Set(list)])
    .default(['audit:read']),
  expires_in_days: z.number().int().min(1).max(3650).optional(),
})
export type CreateKey = z.input<typeof CreateKey>

export type CreatedKey = { id: string; key: string; hint: string; tenant_id: string; permissions: Permission[]; expires_at: Date | null }

/** Creates a tenant's API key. This answer is the only place where it can ever be read. */
export const createKey = verb({
  name: 'create a key',
  may: 'operator',
  named: ({ tenant_id }: CreateKey) => ({ tenant_id }),
  parse: (raw: CreateKey) => parse(CreateKey, raw),
  async run(ctx: Ctx<OperatorPrincipal>, { tenant_id, name, permissions, expires_in_days }): Promise<CreatedKey> {
    const { principal, journal } = ctx
    const key = newKey()
    const id = newId('key')
    return await transact(ctx, async (tx) => {
      const tenant = await tx
        .selectFrom('tenants')
        .select('id')
        .where('id', '=', tenant_id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      if (tenant === undefined) throw new Refusal('not_found', { detail: `The directory has no tenant ${tenant_id}.` })
      const { expires_at } = await tx
        .insertInto('api_keys')
        .values({
          id,
          tenant_id,
          name,
          hint: hintOf(key),
          key_hash: hashSecret(key),
          permissions,
          created_by: principal.id,
          expires_at: expires_in_days === undefined ? null : sql`clock_timestamp() + make_interval(days => ${expires_in_days})`,
        })
        .returning('expires_at')
        .executeTakeFirstOrThrow()
      await journal.record(tx, {
        action: 'KEY.CREATED',
        result: 'ok',
        actor: actorOf(principal),
        tenant_id,
        target: { kind: 'key', id, label: name },
        details: { permissions, hint: hintOf(key), ...(expires_at ? { expires_at: expires_at.toISOString() } : {}) },
      })
      return { id, key, hint: hintOf(key), tenant_id, permissions, expires_at }
    })
  },
})
