import { verifyCompleteness } from '@countersign/log/completeness.ts'
import { parseVerifierKey } from '@countersign/log/note.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { proveCompleteness } from '../../server/src/audit/tally.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { holdLease, takeLease } from '../../server/src/run/elected.ts'
import { loadEdge } from '../../server/src/sequencer/load-edge.ts'
import { loadTallies, tallyLog } from '../../server/src/sequencer/tallies.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { asSuperuser } from '../support/database.ts'
import { eventOf, newRig, numbers, type Rig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await newRig()
})
afterEach(() => rig.close())

const record = (...tenants: string[]) => rig.record(...tenants.map((tenant_id, n) => eventOf(n, { tenant_id })))
const sql = (text: string) => asSuperuser(rig.superuserUrl, text)
const tallied = async () =>
  (await rig.store.db.selectFrom('log_entries').select('log_index').where('action', '=', 'LOG.TALLIED').orderBy('log_index').execute()).map(
    ({ log_index }) => Number(log_index),
  )
const verify = async () => {
  const lines: string[] = []
  const code = await runVerify({ source: { store: rig.store, keys: rig.keys, dataDir: rig.dataDir }, print: (line) => lines.push(line) })
  return { code, all: lines.join('\n') }
}
const countOf = async (tenant: string): Promise<number> => {
  const given = await proveCompleteness(rig.store, rig.sequencer.key.verifier, tenant)
  const trusted = [parseVerifierKey(sha256, rig.sequencer.key.text)]
  const { tally, size } = await verifyCompleteness(sha256, given, trusted)
  expect(size).toBe((await tallied()).at(-1))
  return tally.count
}

describe('M2 what the log has of each tenant', () => {
  it('stands in the last entry of all that is signed, and causes no further one', async () => {
    await record('ten_a', 'ten_b', 'ten_a')
    await rig.sequencer.drain()
    expect(await tallied()).toEqual([3])
    for (const _ of numbers(3)) await rig.sequencer.drain()
    await rig.sequencer.release()
    const next = rig.another()
    await next.drain()
    expect(await tallied()).toEqual([3])
    await rig.record(eventOf(1))
    await next.drain()
    await record('ten_a')
    await next.drain()
    expect(await tallied()).toEqual([3, 5, 7])
    const signed = await rig.store.db.selectFrom('log_checkpoints').select('size').orderBy('size').execute()
    expect(signed.map(({ size }) => Number(size))).toEqual([4, 6, 8])
    expect([await countOf('ten_a'), await countOf('ten_b')]).toEqual([3, 1])
    expect((await verify()).code).toBe(0)
  })

  it('is proven to many tenants, whoever of them had something last', async () => {
    const tenants = numbers(40).map((n) => `ten_${n}`)
    for (const round of numbers(4)) {
      await record(...tenants.filter((_, n) => n % (round + 1) === 0))
      await rig.sequencer.drain()
    }
    for (const [n, tenant] of tenants.entries())
      expect(await countOf(tenant)).toBe(numbers(4).filter((round) => n % (round + 1) === 0).length)
    await expect(countOf('ten_unknown')).rejects.toMatchObject({ code: 'tally_mismatch' })
    expect((await verify()).code).toBe(0)
  })

  it('begins anew where an id was given to another tenant, for whom it leaves out what was before', async () => {
    await record('ten_a', 'ten_a', 'ten_b')
    await rig.sequencer.drain()
    const [now] = (await asSuperuser<{ now: string }>(
      rig.superuserUrl,
      `select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
    )) as [{ now: string }]
    await sql(
      `insert into tenants (id, name, status, created_at, updated_at, known_since) values ('ten_a', 'A', 'active', now(), now(), '${now.now}')`,
    )
    // Of the new one, and in the log before the entry that says so.
    await record('ten_a')
    await rig.record({
      action: 'TENANT.DIRECTORY.SYNCED',
      result: 'ok',
      actor: { kind: 'system', id: 'directory' },
      details: { round: 1, full: true, added: 0, changed: 1, deleted: 0, restored: 0, recreated: ['ten_a'], recreated_at: now.now },
    })
    await record('ten_a')
    await rig.sequencer.drain()
    expect([await countOf('ten_a'), await countOf('ten_b')]).toEqual([2, 1])
    expect((await proveCompleteness(rig.store, rig.sequencer.key.verifier, 'ten_a')).since).toBe(now.now)
    await record('ten_a')
    await rig.sequencer.release()
    await rig.another().drain()
    expect(await countOf('ten_a')).toBe(3)
    expect((await verify()).code).toBe(0)
  })

  it.each([
    ['before it was written', 'none'],
    ['between it and the checkpoint', 'written'],
  ])('CR-6 goes on where a sequencer was killed %s', async (_when, how) => {
    await record('ten_a', 'ten_b')
    await rig.sequencer.drain()
    await record('ten_a', 'ten_c')
    await rig.sequencer.step()
    await rig.sequencer.release()
    await sql('delete from log_checkpoints where size > 3')
    await sql(`update leases set expires_at = clock_timestamp() - interval '1 second'`)
    if (how === 'written' && (await tallied()).length === 1) {
      const lease = await takeLease(rig.store.db, { name: 'sequencer', holder: 'killed', seconds: 3 })
      if (!lease) throw new Error('no lease')
      await transaction(rig.store, (tx) => holdLease(tx, lease))
      const { size } = await rig.store.db.selectFrom('log_sequencer').select('size').executeTakeFirstOrThrow()
      await tallyLog(rig.needs, lease, await loadTallies(rig.store), await loadEdge(rig.store, Number(size)))
      await sql(`update leases set expires_at = clock_timestamp() - interval '1 second'`)
    }
    await rig.another().drain()
    expect([await countOf('ten_a'), await countOf('ten_b'), await countOf('ten_c')]).toEqual([2, 1, 1])
    expect((await verify()).code).toBe(0)
  })

  it.each([
    ['a count', `update log_tallies set count = count + 1 where tenant_id = 'ten_a'`],
    ['a chain', `update log_tallies set chain = sha256(chain) where tenant_id = 'ten_b'`],
    ['a tenant that is missing', `delete from log_tallies where tenant_id = 'ten_b'`],
    ['a tenant that is none', `insert into log_tallies select 'ten_x', count, sha256(place), chain, since from log_tallies limit 1`],
  ])('AU-6 stops the sequencer, and is named, where somebody changed %s', async (_what, change) => {
    await record('ten_a', 'ten_b')
    await rig.sequencer.drain()
    await rig.sequencer.release()
    await sql(change)
    await record('ten_a')
    await expect(rig.another().drain()).rejects.toThrow('What is kept of how many events each tenant has is not what the log says')
    const { code, all } = await verify()
    expect(code).toBe(1)
    expect(all).toContain('tally_mismatch')
  })

  it('names a map that proofs could not be made of', async () => {
    await record('ten_a', 'ten_b')
    await rig.sequencer.drain()
    await sql(`update log_tally_nodes set hash = sha256(hash) where path <> ''`)
    const { code, all } = await verify()
    expect(code).toBe(1)
    expect(all).toContain('The map of what each tenant has, which proofs are made of, is not that of the log. (tally_mismatch)')
  })

  it('takes nothing from what queries see, which somebody could change before it is counted', async () => {
    await sql(
      `create function blind() returns trigger language plpgsql as $$ begin if new.tenant_id = 'ten_a' then new.tenant_id := null; end if; return new; end $$;
       create trigger blind before insert on log_entries for each row execute function blind()`,
    )
    await record('ten_a', 'ten_b')
    const lease = await takeLease(rig.store.db, { name: 'sequencer', holder: 'seen', seconds: 30 })
    if (!lease) throw new Error('no lease')
    const { tick } = await import('../../server/src/sequencer/tick.ts')
    const { edge, marks } = await tick(rig.needs, lease, { edge: await loadEdge(rig.store, 0), highN: '0' })
    const { state } = await tallyLog(rig.needs, lease, { ...(await loadTallies(rig.store)), marks }, edge)
    expect(state.tallies.all().get('ten_a')?.count).toBe(1)
  })
})
