-- Keys of what sends signals. They open nothing else, and no other key opens those doors.
create table ingest_keys (
  id text primary key,
  name text not null,
  hint text not null,
  key_hash bytea not null unique check (octet_length(key_hash) = 32),
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  expires_at timestamptz,
  last_used_at timestamptz
);

create table ingest_key_revocations (
  key_id text primary key references ingest_keys (id),
  revoked_at timestamptz not null default clock_timestamp(),
  revoked_by text not null
);

-- What sends: one process of the product, or a server that is asked. Whoever writes for a source holds its row.
create table signal_sources (
  id bigint generated always as identity primary key,
  way text not null check (way in ('otlp', 'json', 'prometheus')),
  name text not null,
  key_id text references ingest_keys (id),
  -- The earliest point that it sent, in microseconds: what appears in it later began at zero.
  first_us bigint,
  heard_at timestamptz not null default clock_timestamp(),
  unique (way, name)
);
create index signal_sources_heard on signal_sources (heard_at);

-- What one data point of a source is about. The hash is that of all that tells it from the others, as it was sent.
create table signal_series (
  id bigint generated always as identity primary key,
  source_id bigint not null references signal_sources (id) on delete cascade,
  hash bytea not null,
  tenant_id text not null,
  method text,
  route text,
  status integer,
  is_delta boolean not null,
  made_at timestamptz not null default clock_timestamp(),
  unique (source_id, hash)
);
create index signal_series_tenant on signal_series (source_id, tenant_id);

-- Points as they were sent, so that what a minute holds follows from them alone, in whatever order they came. Partitions by hour are
-- made and dropped by the function below. Instants in microseconds: what tells two points apart is finer than a millisecond.
create table signal_points (
  series_id bigint not null,
  started_us bigint not null,
  at_us bigint not null,
  calls bigint not null,
  buckets bigint[] not null,
  primary key (series_id, started_us, at_us)
) partition by range (at_us);

-- Makes the partitions from 26 hours ago to three hours ahead, and drops those before. The program may not make tables by itself.
create function keep_signal_points() returns void language plpgsql security definer
set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  this_hour bigint := floor(extract(epoch from clock_timestamp()) / 3600);
  hour bigint;
  old text;
begin
  perform pg_advisory_xact_lock(7313);
  for hour in this_hour - 26 .. this_hour + 3 loop
    if to_regclass('signal_points_' || hour) is null then
      execute format('create table %I partition of signal_points for values from (%s) to (%s)',
        'signal_points_' || hour, hour * 3600000000, (hour + 1) * 3600000000);
    end if;
  end loop;
  for old in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    -- In this order: the name of another table's partition is no number.
    where case when i.inhparent = 'signal_points'::regclass then substr(c.relname, 15)::bigint < this_hour - 26 end
  loop
    execute format('drop table %I', old);
  end loop;
end
$$;
revoke execute on function keep_signal_points() from public;

-- Minutes of tenants that the mirror does not know: for a day.
create table signal_unknown (
  tenant_id text not null,
  source text not null,
  minute timestamptz not null,
  body jsonb not null,
  kept_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, source, minute)
);
create index signal_unknown_kept on signal_unknown (kept_at);

-- How much was taken, and what was not, by hour.
create table signal_counts (
  hour timestamptz not null,
  cause text not null,
  n bigint not null,
  primary key (hour, cause)
);

-- Up to when a server that is asked has been asked.
create table signal_cursors (
  source text primary key,
  taken_until timestamptz not null,
  moved_at timestamptz not null default clock_timestamp()
);

grant select, insert, update on ingest_keys to countersign_app;
grant select, insert on ingest_key_revocations to countersign_app;
grant select, insert, update, delete on signal_sources, signal_series, signal_unknown, signal_counts to countersign_app;
grant select, insert, update on signal_points, signal_cursors to countersign_app;
grant execute on function keep_signal_points() to countersign_app;
