import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { createTallies } from '@countersign/log/tallies.ts'
import { appendToEdge, type Edge, rootOfEdge } from '@countersign/log/tile.ts'
import { hashLeaf } from '@countersign/log/tree.ts'
import { findCheckpoint } from '../../server/src/audit/checkpoint.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { asSuperuser, makeOnce } from '../support/database.ts'
import { eventOf, newRig, numbers, type Rig } from './rig.ts'

export const total = 600
/** Sizes at which the log was signed. */
export const signedAt = [100, 300, 500, total]

export type Victim = Rig & {
  /** File with the checkpoint that somebody kept when the log had 500 entries. */
  kept: string
  sql(text: string, values?: unknown[]): Promise<unknown>
  /** Exit code and first line of `verify`: with the program's keys, and as somebody who has the verifier key alone. */
  verify(how?: { keys?: boolean; checkpoint?: boolean }): Promise<{ code: number; first: string }>
  /** What a clever attacker does after changing events: entries, tiles and root fit together again. */
  rebuildTree(): Promise<void>
  /** The same of what is kept of each tenant, as it was at this size. */
  rebuildTallies(size: number): Promise<void>
}

const keptIn = (dataDir: string): string => join(dataDir, 'kept-checkpoint')

const buildLog = async (): Promise<Rig> => {
  const rig = await newRig()
  let size = 0
  for (const next of signedAt) {
    // The last entry of what is signed says what the log has of each tenant.
    await rig.record(...numbers(next - size - 1, size).map((n) => eventOf(n, { tenant_id: `ten_${n % 7}` })))
    await rig.sequencer.drain()
    size = next
    if (next === 500) writeFileSync(keptIn(rig.dataDir), (await findCheckpoint(rig.store))?.note as string)
  }
  await rig.sequencer.release()
  return rig
}

/** A log of 600 entries that was signed four times, with its database's superuser at the attacker's hands. */
export const newVictim = async (): Promise<Victim> => {
  const rig = await newRig(await makeOnce('victim', buildLog))
  const kept = keptIn(rig.dataDir)
  const sql = (text: string, values: unknown[] = []) => asSuperuser(rig.superuserUrl, text, values)
  return {
    ...rig,
    kept,
    sql,
    verify: async ({ keys = true, checkpoint = true } = {}) => {
      const lines: string[] = []
      const code = await runVerify({
        source: { store: rig.store, ...(keys ? { keys: rig.keys } : {}) },
        vkey: rig.sequencer.key.text,
        checkpoint: checkpoint ? kept : undefined,
        print: (line) => lines.push(line),
      })
      return { code, first: lines[0] ?? '' }
    },
    rebuildTallies: async (size) => {
      const rows = await asSuperuser<{ tenant_id: string; leaf_hash: Buffer; event_id: string }>(
        rig.superuserUrl,
        'select tenant_id, leaf_hash, event_id from log_entries where tenant_id is not null and log_index < $1 order by log_index',
        [size],
      )
      const tallies = createTallies(sha256)
      for (const { tenant_id, leaf_hash, event_id } of rows) tallies.add(tenant_id, { leafHash: leaf_hash, id: event_id, occurred_at: '~' })
      await sql('delete from log_tallies')
      for (const [tenant, { count, place, chain }] of tallies.all())
        await sql(`insert into log_tallies values ($1, $2, $3, $4, '')`, [tenant, count, Buffer.from(place), Buffer.from(chain)])
      const nodes: [string, Buffer][] = []
      tallies.root((path, hash) => hash && nodes.push([path, Buffer.from(hash)]))
      await sql('delete from log_tally_nodes')
      for (const node of nodes) await sql('insert into log_tally_nodes values ($1, $2)', node)
    },
    rebuildTree: async () => {
      const rows = await asSuperuser<{ log_index: string; body: string }>(
        rig.superuserUrl,
        'select log_index, body from log_entries join events on n = event_n order by log_index',
      )
      const edge: Edge = { size: 0, levels: [] }
      const leaves = rows.map(({ body }) => hashLeaf(sha256, Buffer.from(body)))
      const full = appendToEdge(sha256, edge, leaves)
      await sql('delete from log_tiles')
      for (const { level, index, hashes } of full)
        await sql('insert into log_tiles (level, tile_index, hashes) values ($1, $2, $3)', [level, index, Buffer.concat(hashes)])
      await sql('update log_entries l set leaf_hash = d.leaf from unnest($1::bigint[], $2::bytea[]) as d (i, leaf) where log_index = i', [
        rows.map(({ log_index }) => log_index),
        leaves,
      ])
      await sql('update log_sequencer set size = $1, root = $2', [rows.length, rootOfEdge(sha256, edge)])
    },
  }
}
