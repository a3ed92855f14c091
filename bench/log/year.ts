import { sql } from 'kysely'
import type { BenchDatabase } from './database.ts'

/** Ids and words that a filter asks for. */
export const year = {
  tenants: { big: 'ten_0', usual: 'ten_77' },
  actor: 'stf_00000000000000000000000000000007',
  email: 'staff7@vendor.example',
  target: 'usr_4242',
  tickets: { usual: '#777', old: 'SUP-OLD', busy: 'SUP-BUSY' },
  words: { common: 'customer', rare: 'zebra crossing' },
}

const digest = (holder: string, member: string, value: string) =>
  `disclosure_digest(left(md5(${holder} || '${member}'), 22), '${member}', ${value})`

/** What is looked for, by the number of the event `i` of `count`: 8 of 10 events are of sessions that run beside each other. */
const places = (from: number, to: number, count: number): string => `
  place as materialized (
    select i, i % 500 as slot, i / 500 as block, hashint8(i)::bigint & 1023 as dice,
      'evt_' || lpad(to_hex(i), 12, '0') || left(md5('e' || i), 20) as event_id,
      timestamptz '2025-11-29T00:00:00Z' + (i::float8 / ${count}) * interval '365 days' as at
    from generate_series(${from}::bigint, ${to}) as i
  ),
  kind as materialized (
    select place.*, slot < 400 as is_session, block * 10 + slot % 10 as s, slot / 10 as step from place
  ),
  fact as materialized (
    select kind.*,
      'ses_' || lpad(to_hex(s), 10, '0') || '0000000000000000000000' as ses,
      'req_' || lpad(to_hex(s), 10, '0') || lpad(to_hex((step + 1) / 2), 22, '0') as req,
      case when is_session then
        case when step = 0 then case when s % 10 = 3 then 'IMPERSONATE.STARTED' else 'SUPPORT_SESSION.CREATED' end
             when step = 39 then case when s % 10 = 3 then 'IMPERSONATE.EXPIRED' else 'SUPPORT_SESSION.EXPIRED' end
             when step % 2 = 1 then 'SUPPORT_SESSION.REQUEST.ADMITTED'
             when dice = 1 then 'SUPPORT_SESSION.REQUEST.FAILED' else 'SUPPORT_SESSION.REQUEST.COMPLETED' end
      else case
        when i in (4411, 51409, ${Math.floor(count / 2 / 500) * 500 + 410}) then 'KEY.CREATED'
        when i in (4412, 5413) then 'STAFF.DISABLED' when i = 6414 then 'LEGAL_HOLD.PLACED'
        when dice < 300 then 'AUDIT.READ' when dice < 500 then 'CONSOLE.OPENED' when dice < 560 then 'USER.SEARCHED'
        when dice < 760 then 'USER.FOUND' when dice < 860 then 'TENANT.OPENED' when dice < 900 then 'AUTH.SIGNED_IN'
        when dice < 940 then 'SUPPORT_SESSION.DENIED' when dice < 970 then 'ACCESS.DENIED' when dice < 1000 then 'GATEWAY.REFUSED'
        when dice < 1010 then 'PASSKEY.RESET' when dice < 1015 then 'ACCOUNT.SUSPENDED' else 'TENANT.DIRECTORY.SYNCED' end end as action
    from kind
  ),
  event as materialized (
    select fact.*,
      case when action like '%.DENIED' or action = 'GATEWAY.REFUSED' then 'deny' when action like '%.FAILED' then 'error' else 'ok' end as result,
      case split_part(action, '.', 1) when 'SUPPORT_SESSION' then 'support_session' when 'IMPERSONATE' then 'support_session'
        when 'AUDIT' then 'audit' when 'CONSOLE' then 'look_up' when 'USER' then 'look_up' when 'AUTH' then 'authentication'
        when 'ACCESS' then 'authorization' when 'GATEWAY' then 'gateway' when 'PASSKEY' then 'action' when 'ACCOUNT' then 'action'
        when 'TENANT' then case action when 'TENANT.OPENED' then 'look_up' else 'directory' end else 'administration' end as category,
      'stf_' || lpad(((case when is_session then s else dice end) % 200)::text, 32, '0') as actor,
      (case when is_session then s else dice end) % 200 as actor_number,
      case when action in ('USER.SEARCHED', 'AUTH.SIGNED_IN', 'ACCESS.DENIED', 'GATEWAY.REFUSED', 'STAFF.DISABLED', 'TENANT.DIRECTORY.SYNCED')
          or (action = 'AUDIT.READ' and dice % 2 = 0) then null
        else 'ten_' || case when (case when is_session then s else i end) % 10 = 0 then 0 else (case when is_session then s else i end) % 5000 end end as tenant
    from fact
  ),
  shown as materialized (
    select event.*,
      case when action like 'SUPPORT_SESSION.%' and action <> 'SUPPORT_SESSION.DENIED' then 'tenant' when action like 'IMPERSONATE.%' then 'user'
        when category in ('look_up', 'action') then case action when 'TENANT.OPENED' then 'tenant' else 'user' end
        when category = 'audit' then 'log' when action like 'KEY.%' then 'key' when action in ('ACCESS.DENIED', 'GATEWAY.REFUSED') then 'route'
        when category in ('authentication', 'administration') then 'staff' else 'tenant' end as target_kind
    from event
  ),
  whole as materialized (
    select shown.*,
      case target_kind when 'tenant' then coalesce(tenant, 'directory') when 'user' then 'usr_' || (i % 200000) when 'log' then 'audit'
        when 'key' then 'key_' || md5(i::text) when 'route' then 'GET /api/x' else actor end as target_id,
      case when not is_session then event_id when step % 2 = 1 and step < 39 then req else ses end as holder
    from shown
  )`

const reason = `'"' || case when s in (40, 90, 4711) then 'Lost at the zebra crossing, needs a look'
  else 'The customer ' || md5('r' || s) || ' reports a failed export since ' || (s % 28) || ' days' end || '"'`
const ticket = `'"' || case when s = 20 then 'SUP-OLD' when s % 60 = 5 then 'SUP-BUSY' else '#' || (s % 30000) end || '"'`
const note = `'"needs the role support_admin (' || (dice % 7) || ')"'`

const fill = (from: number, to: number, count: number): string => `
  with ${places(from, to, count)},
  digests as materialized (
    select whole.*, case when is_session then ${digest('ses', 'actor.email', `'"staff' || (s % 200) || '@vendor.example"'`)} end as email,
      case when is_session then ${digest('ses', 'ticket', ticket)} end as ticket,
      case when is_session and step = 0 then ${digest('ses', 'reason', reason)} end as reason,
      case when result = 'deny' then ${digest('event_id', 'note', note)} end as note,
      case when holder = req then ${digest('req', 'request.path', `'"/v1/attestations/' || i || '"'`)} end as path
    from whole
  ),
  disclosed as (
    insert into disclosures (holder, member, salt, value, tenant_id, recorded_at)
    select holder, member, left(md5(holder || member), 22), value, tenant, at from (
      select ses, 'actor.email', '"staff' || (s % 200) || '@vendor.example"', tenant, at from digests where is_session and step = 0
      union all select ses, 'ticket', ${ticket}, tenant, at from digests where is_session and step = 0
      union all select ses, 'reason', ${reason}, tenant, at from digests where is_session and step = 0
      union all select event_id, 'note', ${note}, tenant, at from digests where result = 'deny'
      union all select req, 'request.path', '"/v1/attestations/' || i || '"', tenant, at from digests where path is not null
    ) as d (holder, member, value, tenant, at)
  ),
  bodies as (
    insert into events (n, body, mac)
    select i + 1, '{"action":"' || action || '","actor":{"id":"' || actor || '","issuer":"https://id.vendor.example","kind":"staff","subject":"staff' || actor_number
      || '"},"category":"' || category || '","erasable":' || json_strip_nulls(json_build_object('actor.email', email, 'note', note,
        'reason', reason, 'request.path', path, 'ticket', ticket))::text || ',"id":"' || event_id
      || '","occurred_at":"' || to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
      || case when is_session and step between 1 and 38 then ',"request":{"id":"' || req || '","method":"GET","route":"/v1/attestations/:id","scope":"attestations:read"'
        || case when step % 2 = 0 then ',"bytes":1024,"duration_ms":12.5,"status":200' else '' end || '}' else '' end
      || ',"result":"' || result || '"' || case when is_session then ',"session_id":"' || ses || '"' else '' end
      || ',"target":{"id":"' || target_id || '","kind":"' || target_kind || '"}' || coalesce(',"tenant_id":"' || tenant || '"', '') || ',"v":1}',
      decode(md5(i::text) || md5(i::text), 'hex')
    from digests
  )
  insert into log_entries (log_index, event_n, event_id, leaf_hash, occurred_at, action, category, result, actor_id, tenant_id, target_kind,
    target_id, session_id, request_id)
  select i, i + 1, event_id, decode(md5(i::text) || md5(event_id), 'hex'), at, action, category, result, actor, tenant, target_kind, target_id,
    case when is_session then ses end, case when is_session and step between 1 and 38 then req end
  from digests`

const atOnce = 100_000

/** Fills a log with a year of so many events: the tables as they would be, but for what only the verifier looks at. */
export const fillYear = async ({ store, asOwner }: Pick<BenchDatabase, 'store' | 'asOwner'>, count: number): Promise<void> => {
  const { rows } = await sql<{ name: string; text: string }>`
    select c.relname as name, pg_get_indexdef(i.indexrelid) as text from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid in ('log_entries'::regclass, 'disclosures'::regclass) and not i.indisprimary and not i.indisunique`.execute(store.db)
  const tables = ['events', 'log_entries', 'disclosures']
  for (const table of tables) await asOwner(`alter table ${table} no force row level security`)
  for (const { name } of rows) await asOwner(`drop index ${name}`)
  for (let from = 0; from < count; from += atOnce) await asOwner(fill(from, Math.min(count, from + atOnce) - 1, count))
  await asOwner(`update log_sequencer set size = ${count}, high_n = ${count}; select setval('events_n', ${count})`)
  for (const { text } of rows) await asOwner(text)
  await asOwner('alter index disclosures_words alter column 1 set statistics 0')
  for (const table of tables) {
    await asOwner(`alter table ${table} force row level security`)
    await asOwner(`vacuum (analyze, freeze) ${table}`)
  }
  await asOwner(`insert into staff (id, issuer, subject, email, name)
    select 'stf_' || lpad(n::text, 32, '0'), 'https://id.vendor.example', 'staff' || n, 'staff' || n || '@vendor.example', 'Staff ' || n
    from generate_series(0, 199) n`)
}
