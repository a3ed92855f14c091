-- Support sessions: a limit of idle time, extensions, tickets that are added later, and counters that cost nothing to read.
-- The program may still change no row of a session. What follows from a record (a revocation, an extension, a ticket) is written by
-- the record's own trigger, which runs as the owner; what it does not allow is refused by the database, whoever asks.

alter table support_sessions
  add column idle_seconds integer not null default 600 check (idle_seconds between 60 and 3600),
  -- SHA-256 of its id and the only address that it may be used from; null where any will do.
  add column address_hash bytea check (octet_length(address_hash) = 32),
  -- That there is a revocation, for the lists by status.
  add column revoked boolean not null default false;
alter table session_revocations drop constraint session_revocations_revoked_by_kind_check;
alter table session_revocations add check (
  revoked_by_kind in ('opener', 'staff', 'tenant', 'tenant_gone', 'role_lost', 'frozen', 'signed_out', 'system')
);
create index support_sessions_staff on support_sessions (staff_id, issued_at desc, id desc);
create index support_sessions_revoked on support_sessions (issued_at desc, id desc) where revoked;
create index support_sessions_unrevoked on support_sessions (issued_at desc, id desc) where not revoked;

-- When a session ends if nobody does anything in it until then. The one thing about it that the program moves, with the admission of
-- what a person did (sessions/record-admissions.ts); never beyond expires_at, which is judged beside it.
create table session_activity (
  session_id text primary key references support_sessions (id),
  idle_at timestamptz not null
) with (fillfactor = 50);

-- How many sessions were opened, and how many revoked.
create table session_counts (
  name text primary key,
  n bigint not null
);
insert into session_counts (name, n) values ('opened', 0), ('revoked', 0);

-- A session runs longer since this record. There is no way to take one back.
create table session_extensions (
  n bigint generated always as identity primary key,
  session_id text not null references support_sessions (id),
  extended_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  event_id text not null
);
create index session_extensions_session on session_extensions (session_id);

-- A session without a ticket has been given one, once; its digest stands with the others of the session from then on.
create table session_tickets (
  session_id text primary key references support_sessions (id),
  added_at timestamptz not null default clock_timestamp(),
  ticket_digest text not null,
  event_id text not null
);

create function note_opened() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into session_activity (session_id, idle_at) select id, issued_at + make_interval(secs => idle_seconds) from opened;
  update session_counts set n = n + (select count(*) from opened) where name = 'opened';
  return null;
end
$$;
create trigger note_opened after insert on support_sessions referencing new table as opened
  for each statement execute function note_opened();

create function note_revoked() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update support_sessions s set revoked = true from revoked r where s.id = r.session_id;
  update session_counts set n = n + (select count(*) from revoked) where name = 'revoked';
  return null;
end
$$;
create trigger note_revoked after insert on session_revocations referencing new table as revoked
  for each statement execute function note_revoked();

-- Only a session that still runs is extended, and only forwards. That it ends within 60 minutes of its opening, 15 on one user, is a
-- constraint of its table.
create function note_extension() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update support_sessions s set expires_at = new.expires_at
  from session_activity a
  where s.id = new.session_id and a.session_id = s.id and not s.revoked
    and least(s.expires_at, a.idle_at) > clock_timestamp() and s.expires_at < new.expires_at;
  if not found then
    raise exception 'only a session that runs is extended' using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger note_extension before insert on session_extensions for each row execute function note_extension();

create function note_ticket() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update support_sessions s set digests = s.digests || jsonb_build_object('ticket', new.ticket_digest)
  where s.id = new.session_id and not s.digests ? 'ticket';
  if not found then
    raise exception 'a session has one ticket' using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger note_ticket before insert on session_tickets for each row execute function note_ticket();

drop function session_standing(support_sessions, session_revocations, tenants, staff, text[]);
drop function session_status(support_sessions, session_revocations);

-- What the API calls a session. The database's clock decides, of both limits: no job has to run for a session to be over.
create function session_status(s support_sessions, a session_activity, r session_revocations) returns text language sql volatile as $$
  select case
    when r.session_id is not null then 'REVOKED'
    when least(s.expires_at, a.idle_at) <= clock_timestamp() then 'EXPIRED'
    else 'ACTIVE' end
$$;

-- The one rule of whether a session may be used now, and if not, why: for its revocation, its tenant (null where there is none)
-- and its opener, who needs one of these roles. That the tenant is gone comes first: what is said of the session from then on
-- is not for who has the tenant's id by now. Both functions are one expression, so that the planner puts them in the place of
-- their call (sessions/standing.ts).
create function session_standing(s support_sessions, a session_activity, r session_revocations, t tenants, m staff, allowed text[])
returns text language sql volatile as $$
  select case
    when t.id is null or t.deleted_at is not null or t.known_since > s.issued_at then 'tenant_gone'
    when session_status(s, a, r) = 'REVOKED' then 'revoked'
    when session_status(s, a, r) = 'EXPIRED' then case when a.idle_at < s.expires_at then 'idle' else 'expired' end
    when m.disabled_at is not null or not m.roles && allowed then 'staff_not_allowed'
    else 'usable' end
$$;

grant select, update (idle_at) on session_activity to countersign_app;
grant select on session_counts to countersign_app;
grant select, insert on session_extensions, session_tickets to countersign_app;
