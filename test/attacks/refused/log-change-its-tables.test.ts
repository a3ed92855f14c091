import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runVerify } from '../../../server/src/cli/verify.ts'
import { describeShape, findChanges, shapeFile } from '../../../server/src/store/log-shape.ts'
import { openStore } from '../../../server/src/store/open.ts'
import { eventOf, newRig, type Rig } from '../../audit/rig.ts'
import { asSuperuser, newDatabase, type TestDatabase } from '../../support/database.ts'
import { startRig } from '../../support/rig.ts'
import { until } from '../../support/until.ts'

const blindTenant = `create policy blind on log_entries as restrictive for select to countersign_tenant using (action <> 'SUPPORT_SESSION.CREATED')`
const blindSequencer = `create policy blind on events as restrictive for select to countersign_app using (body not like '%SUPPORT_SESSION%')`

/** What somebody does as the owner or the superuser, how the program names it, and how it is undone. */
const changes: [what: string, change: string, named: string, undo: string][] = [
  ['a policy that blinds a tenant', blindTenant, 'policy blind on log_entries is not of this program', 'drop policy blind on log_entries'],
  ['a policy that blinds the sequencer', blindSequencer, 'policy blind on events is not of this program', 'drop policy blind on events'],
  [
    'a policy that lets a tenant see more',
    'alter policy tenant_reads on disclosures using (true)',
    'policy tenant_reads on disclosures was changed',
    `alter policy tenant_reads on disclosures using (tenant_id = nullif(current_setting('countersign.tenant_id', true), '')
      and recorded_at >= coalesce((select known_since from tenants where id = current_setting('countersign.tenant_id', true)), '-infinity'))`,
  ],
  [
    'a trigger',
    `create function swallow() returns trigger language plpgsql as 'begin return null; end';
     create trigger swallow before insert on events for each row execute function swallow()`,
    'trigger swallow on events is not of this program',
    'drop trigger swallow on events; drop function swallow()',
  ],
  [
    'a rule',
    'create rule swallow as on insert to log_gaps do instead nothing',
    'rule swallow on log_gaps is not of this program',
    'drop rule swallow on log_gaps',
  ],
  [
    'a table whose rows are read along',
    'create table more () inherits (events)',
    'heir public.more of events is not of this program',
    'drop table more',
  ],
  [
    'a constraint taken away',
    'alter table log_entries drop constraint log_entries_event_id_key',
    'constraint log_entries_event_id_key of log_entries is missing',
    'alter table log_entries add constraint log_entries_event_id_key unique (event_id)',
  ],
  [
    'another default',
    `alter table events alter column tx set default '3'`,
    'column tx of events was changed',
    'alter table events alter column tx set default pg_current_xact_id()',
  ],
  [
    'a column more',
    'alter table log_entries add column note text',
    'column note of log_entries is not of this program',
    'alter table log_entries drop column note',
  ],
  ['a table that a crash empties', 'alter table log_gaps set unlogged', 'table log_gaps was changed', 'alter table log_gaps set logged'],
  [
    'row security off',
    'alter table tenants disable row level security',
    'row security of tenants was changed',
    'alter table tenants enable row level security',
  ],
  [
    'a right for somebody else',
    'grant select on log_gaps to public',
    'select on log_gaps to public is not of this program',
    'revoke select on log_gaps from public',
  ],
  [
    'a right on one column',
    'grant update (high_n) on log_sequencer to countersign_tenant',
    'update on log_sequencer (high_n) to countersign_tenant is not of this program',
    'revoke update (high_n) on log_sequencer from countersign_tenant',
  ],
  [
    'another owner',
    'alter table log_tiles owner to current_user',
    'table log_tiles was changed',
    'alter table log_tiles owner to countersign_test_owner',
  ],
  ['a sequence that begins anew', 'alter sequence events_n cycle', 'values of events_n was changed', 'alter sequence events_n no cycle'],
  [
    'a function that answers something else',
    `alter function disclosure_digest(text, text, text) stable`,
    'function disclosure_digest(salt text, member text, value text) was changed',
    `alter function disclosure_digest(text, text, text) immutable`,
  ],
  [
    'a function in the place of the server’s own',
    `create function string_to_array(text, text, varchar) returns text[] language sql as 'select null::text[]'`.replace(
      'unknown',
      'varchar',
    ),
    'function string_to_array(text, text, character varying) is not of this program',
    'drop function string_to_array(text, text, varchar)',
  ],
  [
    'an operator in the place of the server’s own',
    `create function is_so(text[], text[]) returns boolean language sql as 'select true';
     create operator public.&& (leftarg = text[], rightarg = text[], function = is_so)`,
    'operator public.&&(text[],text[]) is not of this program',
    'drop operator public.&& (text[], text[]); drop function is_so(text[], text[])',
  ],
  [
    'other tables before these',
    `create schema before; grant usage on schema before to public; do $$ begin execute format('alter database %I set search_path = before, public', current_database()); end $$`,
    'search path was changed',
    `drop schema before; do $$ begin execute format('alter database %I reset search_path', current_database()); end $$`,
  ],
]

describe('AU-4 TI-5 changing the tables of the log', () => {
  let rig: Rig
  let sql: (text: string) => Promise<unknown>
  beforeAll(async () => {
    rig = await newRig()
    sql = (text) => asSuperuser(rig.superuserUrl, text)
    await rig.record(eventOf(0))
    await rig.sequencer.drain()
    await rig.sequencer.release()
  })
  afterAll(() => rig.close())

  it.each(changes)('%s: the start refuses it, and verification names it', async (_what, change, named, undo) => {
    await sql(change)
    try {
      await expect(openStore({ url: rig.appUrl, as: 'program' })).rejects.toMatchObject({
        name: 'Trouble',
        message: expect.stringContaining(named),
        hint: expect.stringContaining('log-shape.txt'),
      })
      const store = await openStore({ url: rig.appUrl, as: 'verifier' })
      const lines: string[] = []
      try {
        expect(await runVerify({ source: { store, keys: rig.keys }, print: (line) => lines.push(line) })).toBe(1)
      } finally {
        await store.close()
      }
      expect(lines.join('\n')).toContain(`${named}. (tables_changed)`)
    } finally {
      await sql(undo)
    }
    await (await openStore({ url: rig.appUrl })).close()
  })

  it('so that they cannot be read: it is named too', async () => {
    await sql('revoke select on log_rejected from countersign_app')
    const store = await openStore({ url: rig.appUrl, as: 'verifier' })
    try {
      await expect(runVerify({ source: { store, keys: rig.keys }, print: () => {} })).rejects.toMatchObject({
        name: 'Trouble',
        message: expect.stringContaining('select on log_rejected to countersign_app is missing'),
      })
    } finally {
      await store.close()
      await sql('grant select on log_rejected to countersign_app')
    }
  })

  it('nothing is signed from then on, and the log goes on once it was undone', async () => {
    await sql(blindTenant)
    await rig.record(eventOf(1))
    const sequencer = rig.another()
    await expect(sequencer.drain()).rejects.toThrow('policy blind on log_entries is not of this program')
    await sql('drop policy blind on log_entries')
    await sequencer.drain()
    expect(sequencer.size()).toBe(4)
  })
})

it('a policy that is made while the program runs shows on /readyz', { timeout: 60_000 }, async () => {
  const rig = await startRig()
  const readiness = async () => JSON.stringify(await (await fetch(`${rig.console_url}/readyz`)).json())
  try {
    await until(async () => (await fetch(`${rig.console_url}/readyz`)).status === 200)
    await rig.asSuperuser(blindTenant)
    await until(async () => (await readiness()).includes('policy blind on log_entries is not of this program'))
    expect((await fetch(`${rig.console_url}/readyz`)).status).toBe(503)
    await rig.asSuperuser('drop policy blind on log_entries')
    await until(async () => (await fetch(`${rig.console_url}/readyz`)).status === 200)
  } finally {
    await rig.close()
  }
})

describe('the shape that the program knows', () => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await newDatabase()
  })
  afterEach(() => database.close())

  it('is the one that the migrations make (npm run log-shape)', async () => {
    const { readFileSync } = await import('node:fs')
    expect(await describeShape(database.store.pool)).toBe(readFileSync(shapeFile, 'utf8'))
  })

  it('takes no notice of indexes, nor of tables that have nothing to do with the log', async () => {
    await asSuperuser(database.ownerUrl, 'create index on log_entries (category, log_index); create table others (id int)')
    expect(await findChanges(database.store.pool)).toEqual([])
  })

  it('names a thing in plain letters, whatever its name holds', async () => {
    await asSuperuser(database.ownerUrl, `create policy "a\u001b[31m\nb" on events as restrictive for select using (false)`)
    expect(await findChanges(database.store.pool)).toEqual(['policy "a?[31m b" on events is not of this program'])
  })
})
