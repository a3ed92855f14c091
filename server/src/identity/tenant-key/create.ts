import { TenantId } from '@countersign/contract/ids.ts'
import { Permission } from '@countersign/contract/keys.ts'
import { sql } from 'kysely'
import { z } from 'zod'
import { Refusal } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { transaction } from '../../store/transaction.ts'
import { hintOf, newKey } from '../key-format.ts'
import type { KeyNeeds } from '../keys.ts'
import { actorOf, type OperatorPrincipal } from '../principal.ts'
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
export const createKey = async (needs: KeyNeeds, operator: OperatorPrincipal, input: CreateKey): Promise<CreatedKey> => {
  const { tenant_id, name, permissions, expires_in_days } = CreateKey.parse(input)
  const key = newKey()
  const id = newId('key')
  return transaction(needs.store, async (tx) => {
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
        created_by: operator.id,
        expires_at: expires_in_days === undefined ? null : sql`clock_timestamp() + make_interval(days => ${expires_in_days})`,
      })
      .returning('expires_at')
      .executeTakeFirstOrThrow()
    await needs.journal.record(tx, {
      action: 'KEY.CREATED',
      result: 'ok',
      actor: actorOf(operator),
      tenant_id,
      target: { kind: 'key', id, label: name },
      details: { permissions, hint: hintOf(key), ...(expires_at ? { expires_at: expires_at.toISOString() } : {}) },
    })
    return { id, key, hint: hintOf(key), tenant_id, permissions, expires_at }
  })
}
