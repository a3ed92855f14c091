import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draftEvent } from '../../server/src/audit/record.ts'
import { openStore } from '../../server/src/store/open.ts'
import { eventOf } from '../audit/rig.ts'
import { asSuperuser, newDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await newDatabase()
})
afterAll(() => database.close())

const sql = (text: string) => asSuperuser(database.superuserUrl, text)
const asEraser = async (text: string, values: unknown[] = []) => {
  const store = await openStore({ url: database.eraserUrl, as: 'eraser', max: 1 })
  try {
    return await store.pool.query(text, values)
  } finally {
    await store.close()
  }
}

describe('M3 AU-1 who may delete what', () => {
  it('the program may delete no disclosure, nor change one', async () => {
    for (const text of ['delete from disclosures', `update disclosures set value = ''`, 'truncate disclosures'])
      await expect(database.store.pool.query(text)).rejects.toMatchObject({ code: '42501' })
  })

  it('what erases may delete disclosures, and do nothing to anything else', async () => {
    await expect(asEraser('delete from disclosures')).resolves.toBeDefined()
    const tables = await sql(
      `select c.oid::regclass::text as name from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r'`,
    )
    expect(tables.length).toBeGreaterThan(20)
    for (const { name } of tables as { name: string }[]) {
      for (const act of [`truncate ${name}`, ...(name === 'disclosures' ? [] : [`delete from ${name}`])])
        await expect(asEraser(act), act).rejects.toMatchObject({ code: '42501' })
    }
    expect(
      await sql(
        `select c.relname from pg_class c where relnamespace = 'public'::regnamespace and has_any_column_privilege('countersign_eraser', c.oid, 'update')`,
      ),
    ).toEqual([])
    for (const act of [
      `update disclosures set value = ''`,
      `update staff set name = 'x'`,
      `insert into staff (id, issuer, subject, email, name) values ('x', 'x', 'x', 'x', 'x')`,
      `insert into legal_holds (id, tenant_id) values ('x', 'x')`,
      'update legal_holds set released_at = now()',
      `insert into disclosures (holder, member, salt, value) values ('evt_x', 'actor.email', 'AAAAAAAAAAAAAAAAAAAAAA', '"x"')`,
    ])
      await expect(asEraser(act), act).rejects.toMatchObject({ code: '42501' })
  })

  it('what erases may record that it did, and no other event', async () => {
    const { head, tail, mac } = draftEvent(database.keys.event, eventOf(1))
    const insert = (body: string) => asEraser('insert into events (body, mac) values ($1, $2)', [body, mac])
    await expect(insert(`${head}2026-11-20T12:00:00.000000Z${tail}`)).rejects.toMatchObject({ code: '42501' })
    const { head: erased } = draftEvent(database.keys.event, {
      action: 'PERSONAL_DATA.ERASED',
      result: 'ok',
      actor: { kind: 'operator', id: 'root' },
      target: { kind: 'user', id: 'usr_1' },
      reason: 'The person asked for it',
      details: { selector: { user_id: 'usr_1' }, members: {}, count: 0, through: 0 },
    })
    await expect(insert(erased)).resolves.toBeDefined()
  })
})

describe('M3 TI-5 the start looks whether that is so', () => {
  it.each([
    ['grant delete on events to countersign_eraser', 'The role countersign_eraser, which erases, may also delete in events.'],
    ['grant update (name) on staff to countersign_eraser', 'The role countersign_eraser, which erases, may also update in staff.'],
    [
      'grant insert on support_sessions to countersign_eraser',
      'The role countersign_eraser, which erases, may also insert in support_sessions.',
    ],
    ['grant truncate on disclosures to countersign_eraser', 'The role countersign_eraser, which erases, may also truncate in disclosures.'],
    ['grant delete on disclosures to countersign_app', /The role countersign_test_app may update, delete or truncate disclosures/],
    ['alter table disclosures no force row level security', 'Row security is not forced on the table disclosures.'],
  ])('%s: refused', async (grant, sentence) => {
    await sql(grant)
    try {
      const message = typeof sentence === 'string' ? sentence : expect.stringMatching(sentence)
      await expect(openStore({ url: database.appUrl })).rejects.toMatchObject({ name: 'Trouble', message })
    } finally {
      await sql(
        grant.startsWith('grant')
          ? grant.replace('grant', 'revoke').replace(' to ', ' from ')
          : 'alter table disclosures force row level security',
      )
    }
    await (await openStore({ url: database.appUrl })).close()
  })

  it('the program’s login is not taken for what erases, nor a superuser', async () => {
    await expect(openStore({ url: database.appUrl, as: 'eraser' })).rejects.toMatchObject({
      message: expect.stringContaining('which erases, may also'),
    })
    await expect(openStore({ url: database.superuserUrl, as: 'eraser' })).rejects.toMatchObject({
      message: expect.stringContaining('is a superuser'),
    })
  })
})
