-- Times are the database's. Ids are made by the program (prefix + UUIDv7). Nothing here updates or deletes an event.

create extension if not exists pg_trgm;

-- The log ---------------------------------------------------------------------------------------------------------

create sequence events_n;

-- `tx` stands before `n` on purpose: defaults are evaluated in column order, so a transaction has its id before it takes a
-- number. The sequencer relies on it to tell a number that is still to come from one that never will (see sequencer/pending.ts).
create table events (
  tx xid8 not null default pg_current_xact_id(),
  n bigint not null default nextval('events_n') primary key,
  body text not null,
  mac bytea not null
);
alter sequence events_n owned by events.n;

-- What an event says of persons, and what they typed, lies here and nowhere else: the event commits to it by a digest
-- (log/disclosure.ts). A row is written with its event and never changed; only countersign_eraser may delete one. `holder` is
-- what the value is kept for: an event, or a support session or a request whose events share it. `value` is JSON.
create table disclosures (
  holder text not null,
  member text not null,
  salt text not null check (char_length(salt) = 22),
  value text not null,
  tenant_id text,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (holder, member),
  -- The reason of a support session: ten characters and two quotation marks.
  check (member <> 'reason' or not starts_with(holder, 'ses_') or char_length(btrim(value, ' "')) >= 10)
);
-- The planner would remember values that were erased long ago.
alter table disclosures alter column value set statistics 0;
create index disclosures_ticket on disclosures (value) where member = 'ticket';

-- What an event holds in place of a value (RFC 9901 §4.2.3).
create function disclosure_digest(salt text, member text, value text) returns text language sql immutable parallel safe as $$
  select translate(rtrim(encode(sha256(convert_to(translate(rtrim(replace(encode(convert_to(
    '["' || salt || '","' || member || '",' || value || ']', 'UTF8'), 'base64'), E'\n', ''), '='), '+/', '-_'), 'UTF8')), 'base64'), '='), '+/', '-_')
$$;

-- Written once by the sequencer: the place of an event in the log, its leaf hash, and the columns that queries need.
create table log_entries (
  log_index bigint primary key check (log_index >= 0),
  event_n bigint not null unique,
  event_id text not null unique,
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
  occurred_at timestamptz not null,
  action text not null,
  category text not null,
  result text not null,
  actor_id text not null,
  tenant_id text,
  target_kind text,
  target_id text,
  session_id text,
  request_id text
);
create index log_entries_tenant on log_entries (tenant_id, log_index) where tenant_id is not null;
create index log_entries_session on log_entries (session_id, log_index) where session_id is not null;
create index log_entries_actor on log_entries (actor_id, log_index);
create index log_entries_action on log_entries (action text_pattern_ops, log_index);
create index log_entries_target on log_entries (target_id, log_index) where target_id is not null;
create index log_entries_time on log_entries (occurred_at, log_index);
create index log_entries_denied on log_entries (result, log_index) where result <> 'ok';

-- Full tiles only (256 hashes); partial ones are read from log_entries and the tiles below.
create table log_tiles (
  level smallint not null check (level >= 0),
  tile_index bigint not null check (tile_index >= 0),
  hashes bytea not null check (octet_length(hashes) = 8192),
  primary key (level, tile_index)
);

create table log_checkpoints (
  size bigint primary key check (size >= 0),
  root bytea not null check (octet_length(root) = 32),
  note text not null,
  signed_at timestamptz not null default clock_timestamp()
);

-- Who does now what one process at a time may do. `fence` grows with each holder; one whose fence is not the row's has lost.
create table leases (
  name text primary key,
  holder text not null,
  fence bigint not null default 1,
  expires_at timestamptz not null
);

-- One row: how far the log is.
create table log_sequencer (
  id smallint primary key default 1 check (id = 1),
  origin text,
  key_hash text,
  high_n bigint not null default 0,
  size bigint not null default 0,
  root bytea not null default '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
);
insert into log_sequencer default values;

-- Numbers not seen yet below high_n: in flight when `seen_tx` was the newest transaction, or never to come.
create table log_gaps (
  n bigint primary key,
  seen_tx xid8 not null
);

-- Events that the sequencer would not take: not written by this program, or not in its form. Each is on the log as suspected.
create table log_rejected (
  n bigint primary key,
  why text not null,
  noted_at timestamptz not null default clock_timestamp()
);

-- Who is calling ---------------------------------------------------------------------------------------------------

create table staff (
  id text primary key,
  issuer text not null,
  subject text not null,
  email text not null,
  name text not null,
  roles text[] not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  signed_in_at timestamptz,
  disabled_at timestamptz,
  unique (issuer, subject)
);

-- The planner would remember names that were erased long ago.
alter table staff alter column email set statistics 0, alter column name set statistics 0;

create table staff_sessions (
  id text primary key,
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  staff_id text not null references staff (id),
  created_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_why text,
  code_hash bytea unique
);
create index staff_sessions_staff on staff_sessions (staff_id) where ended_at is null;

create table sign_in_flows (
  state_hash bytea primary key,
  browser_hash bytea not null,
  nonce text not null,
  code_verifier text not null,
  return_to text not null,
  created_at timestamptz not null default clock_timestamp(),
  used_at timestamptz
);

create table api_keys (
  id text primary key,
  tenant_id text not null,
  name text not null,
  hint text not null,
  key_hash bytea not null unique check (octet_length(key_hash) = 32),
  permissions text[] not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  expires_at timestamptz,
  last_used_at timestamptz
);
create index api_keys_tenant on api_keys (tenant_id);

create table api_key_revocations (
  key_id text primary key references api_keys (id),
  revoked_at timestamptz not null default clock_timestamp(),
  revoked_by text not null
);

-- The directory ----------------------------------------------------------------------------------------------------

create table tenants (
  id text primary key,
  name text not null,
  -- What the name is found and sorted by, as the program folds it (contract/fold.ts).
  name_key text collate "C",
  status text not null,
  plan text,
  region text,
  user_count integer,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  -- An id that was given to another tenant: what happened before this instant is the former one's, and hidden from this one.
  known_since timestamptz not null default '-infinity'
);

-- Rows of the directory in another form than the contract's: they are not in the mirror, or stand there as they were.
create table unreadable_tenants (
  id text primary key,
  members text[] not null,
  round bigint not null,
  noted_at timestamptz not null default clock_timestamp()
);

-- Ids that the full round under way has shown so far: what it does not show is gone. Emptied when one begins, so that a round writes
-- no tenant that it found unchanged.
create table directory_seen (id text primary key);

create table directory_sync (
  id smallint primary key default 1 check (id = 1),
  -- Whose directory the mirror is: cursor and token belong to it, and go to nobody else.
  address text,
  audience text,
  round bigint not null default 0,
  full_round boolean not null default true,
  cursor text,
  sync_token text,
  started_at timestamptz,
  finished_at timestamptz,
  full_finished_at timestamptz,
  error text
);
insert into directory_sync default values;

-- Support sessions -------------------------------------------------------------------------------------------------

create table support_sessions (
  id text primary key,
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  tenant_id text not null,
  target_user_id text,
  staff_id text not null references staff (id),
  -- The digests of who opened it, whom it is on, why and on which ticket: its events commit to the same values.
  digests jsonb not null check (digests ? 'reason'),
  scopes text[] not null check (cardinality(scopes) > 0),
  issued_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  check (expires_at > issued_at),
  check (expires_at <= issued_at + interval '60 minutes'),
  check (target_user_id is null or expires_at <= issued_at + interval '15 minutes')
);
create index support_sessions_issued on support_sessions (issued_at desc, id desc);
create index support_sessions_tenant on support_sessions (tenant_id, issued_at desc);
create index support_sessions_expires on support_sessions (expires_at);

-- A revocation is a record; there is no way to take one back.
create table session_revocations (
  session_id text primary key references support_sessions (id),
  revoked_at timestamptz not null default clock_timestamp(),
  revoked_by_kind text not null check (revoked_by_kind in ('opener', 'staff', 'tenant', 'system')),
  revoked_by text not null,
  -- The event has the reason, where one was given; its digest stands here too.
  event_id text not null,
  reason_digest text
);

-- What the API calls a session. The database's clock decides: no job has to run for a session to be over.
create function session_status(s support_sessions, r session_revocations) returns text language sql volatile as $$
  select case
    when r.session_id is not null then 'REVOKED'
    when s.expires_at <= clock_timestamp() then 'EXPIRED'
    else 'ACTIVE' end
$$;

-- The one rule of whether a session may be used now, and if not, why: for its revocation, its tenant (null where there is none)
-- and its opener, who needs one of these roles. That the tenant is gone comes first: what is said of the session from then on
-- is not for who has the tenant's id by now. Both functions are one expression, so that the planner puts them in the place of
-- their call (sessions/standing.ts).
create function session_standing(s support_sessions, r session_revocations, t tenants, m staff, allowed text[]) returns text
language sql volatile as $$
  select case
    when t.id is null or t.deleted_at is not null or t.known_since > s.issued_at then 'tenant_gone'
    when session_status(s, r) = 'REVOKED' then 'revoked'
    when session_status(s, r) = 'EXPIRED' then 'expired'
    when m.disabled_at is not null or not m.roles && allowed then 'staff_not_allowed'
    else 'usable' end
$$;

-- The same of revocation alone, by a look that is newer than the statement that asks, with the answer held until the
-- caller's commit: a revocation takes the same lock exclusively (sessions/order.ts). So admissions stand before the revocation
-- in the log or are not made. Where a revocation is under way the answer is no, without waiting.
create function hold_session(id text) returns boolean language plpgsql volatile as $$
begin
  if not pg_try_advisory_xact_lock_shared(hashtextextended(id, 7301)) then
    return false;
  end if;
  return not exists (select from session_revocations r where r.session_id = id);
end
$$;

-- That the end was noticed and put on the record; a session is over at expires_at with or without this row.
create table session_expiries (
  session_id text primary key references support_sessions (id),
  noted_at timestamptz not null default clock_timestamp()
);

-- Tenants whose events keep what they have, whoever wants it erased: by a court, or a quarrel.
create table legal_holds (
  id text primary key,
  tenant_id text not null,
  placed_at timestamptz not null default clock_timestamp(),
  released_at timestamptz
);
create unique index legal_holds_tenant on legal_holds (tenant_id) where released_at is null;

-- Who may do what --------------------------------------------------------------------------------------------------
-- Three roles made by the migrator beside this file: countersign_app (the program), countersign_tenant (a tenant's reads) and
-- countersign_eraser, which deletes disclosures and records that it did.

grant usage on schema public to countersign_app, countersign_tenant, countersign_eraser;
grant select, insert on events, disclosures, log_entries, log_tiles, log_checkpoints, log_rejected to countersign_app;
grant usage on sequence events_n to countersign_app;
grant select, update on log_sequencer to countersign_app;
grant select, insert, update on leases to countersign_app;
grant select, insert, delete on log_gaps to countersign_app;
grant select, insert, update on staff, staff_sessions, api_keys, tenants to countersign_app;
grant select, insert, update, delete on sign_in_flows to countersign_app;
grant select, insert on api_key_revocations, support_sessions, session_revocations, session_expiries to countersign_app;
grant select, update on directory_sync to countersign_app;
grant select, insert, update, delete on unreadable_tenants to countersign_app;
grant select, insert, truncate on directory_seen to countersign_app;
grant select on log_entries, events, disclosures, log_checkpoints to countersign_tenant;
grant select (id, known_since) on tenants to countersign_tenant;
grant select, delete, insert on disclosures to countersign_eraser;
grant select, insert on events to countersign_eraser;
grant usage on sequence events_n to countersign_eraser;
grant select on log_entries, log_sequencer, log_gaps, log_rejected, legal_holds to countersign_eraser;
grant select, insert, update (released_at) on legal_holds to countersign_app;

alter table events enable row level security;
alter table events force row level security;
alter table log_entries enable row level security;
alter table log_entries force row level security;
create policy program_reads on events for select to countersign_app using (true);
create policy program_records on events for insert to countersign_app with check (true);
alter table tenants enable row level security;
create policy program_mirrors on tenants to countersign_app using (true) with check (true);
create policy tenant_reads on tenants for select to countersign_tenant
  using (id = nullif(current_setting('countersign.tenant_id', true), ''));
create policy program_reads on log_entries for select to countersign_app using (true);
create policy program_sequences on log_entries for insert to countersign_app with check (true);
create policy tenant_reads on log_entries for select to countersign_tenant
  using (
    tenant_id = nullif(current_setting('countersign.tenant_id', true), '')
    and occurred_at >= coalesce((select known_since from tenants where id = current_setting('countersign.tenant_id', true)), '-infinity')
  );
create policy tenant_reads on events for select to countersign_tenant
  using (exists (select 1 from log_entries e where e.event_n = events.n));
create policy eraser_reads on events for select to countersign_eraser using (true);
create policy eraser_records on events for insert to countersign_eraser
  with check (starts_with(body, '{"action":"PERSONAL_DATA.ERASED",'));
create policy eraser_reads on log_entries for select to countersign_eraser using (true);
alter table disclosures enable row level security;
alter table disclosures force row level security;
create policy program_reads on disclosures for select to countersign_app using (true);
create policy program_records on disclosures for insert to countersign_app with check (true);
create policy eraser_reads on disclosures for select to countersign_eraser using (true);
-- The reason of its own event.
create policy eraser_records on disclosures for insert to countersign_eraser with check (member = 'reason' and starts_with(holder, 'evt_'));
-- What a legal hold keeps it does not see when it deletes.
create policy eraser_erases on disclosures for delete to countersign_eraser
  using (tenant_id is null or not exists (select from legal_holds h where h.tenant_id = disclosures.tenant_id and h.released_at is null));
create policy tenant_reads on disclosures for select to countersign_tenant
  using (
    tenant_id = nullif(current_setting('countersign.tenant_id', true), '')
    and recorded_at >= coalesce((select known_since from tenants where id = current_setting('countersign.tenant_id', true)), '-infinity')
  );
