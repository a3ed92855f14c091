-- What the traffic of tenants shows, and how it is judged. Minutes are kept for 26 hours and hours for nine days, in partitions
-- that are dropped whole; what is known of a tenant's last call is kept for ever, in its row of tenant_health.

-- One row per tenant: what lists are sorted and filtered by, so that one look at one table has all of it. What the directory says
-- follows it (mirror_tenants), the rest is written by whoever judges. No column that changes with each minute of traffic is indexed,
-- and pages have room: such an update then touches no index. What is sorted by them goes by tenant_traffic; where all rows are read,
-- they are found quickly: they stand first and have a fixed width.
create table tenant_health (
  -- What signals are kept under. An id that was given to another tenant has a new number: the former one's traffic is not its own.
  n integer not null generated always as identity unique,
  -- Its place among all: by health, then by how new that is (health/place.ts).
  worst bigint not null default 300000000000 - extract(epoch from clock_timestamp())::bigint,
  calls_24h bigint not null default 0 check (calls_24h >= 0),
  errors_24h bigint not null default 0 check (errors_24h between 0 and calls_24h),
  -- Calls in the 168 hours before the last 24.
  baseline_calls bigint not null default 0,
  -- Calls in the seven days before the last call, counted for the last call at `week_of`.
  week_calls bigint not null default 0,
  since timestamptz not null default clock_timestamp(),
  known_since timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  error_rate double precision,
  last_call_at timestamptz,
  week_of timestamptz,
  user_count integer,
  health text collate "C" not null default 'unknown' check (health in ('critical', 'warning', 'healthy', 'unknown')),
  status text collate "C" not null,
  plan text collate "C",
  tenant_id text primary key,
  name_key text collate "C" not null,
  name text not null,
  region text,
  -- The rules that hold, the worst first, and since when each of them does.
  rules text[] not null default '{too_little_data}' check (cardinality(rules) between 1 and 2),
  rules_since timestamptz[] not null default array[clock_timestamp()] check (cardinality(rules) = cardinality(rules_since))
) with (fillfactor = 75);
-- Names are cut where they are sorted by: an index row has room for no more than 2,700 bytes.
create index tenant_health_name on tenant_health (left(name_key, 200), (tenant_id collate "C")) where deleted_at is null;
create index tenant_health_name_trgm on tenant_health using gin (name_key gin_trgm_ops);
create index tenant_health_id on tenant_health (tenant_id text_pattern_ops);
create index tenant_health_status on tenant_health (status, (tenant_id collate "C")) where deleted_at is null;
create index tenant_health_plan on tenant_health (plan nulls last, (tenant_id collate "C")) where deleted_at is null;
create index tenant_health_plan_desc on tenant_health (plan desc nulls last, (tenant_id collate "C") desc) where deleted_at is null;
create index tenant_health_created on tenant_health (created_at, (tenant_id collate "C")) where deleted_at is null;
create index tenant_health_users on tenant_health (user_count nulls last, (tenant_id collate "C")) where deleted_at is null;
create index tenant_health_users_desc on tenant_health (user_count desc nulls last, (tenant_id collate "C") desc) where deleted_at is null;
create index tenant_health_worst on tenant_health (worst, (tenant_id collate "C")) where deleted_at is null;
create index tenant_health_health on tenant_health (health) where deleted_at is null;

-- What changes with each minute of traffic once more, for its orders alone: narrow rows, of which nothing but these indexes is written.
create table tenant_traffic (
  n integer primary key references tenant_health (n) on delete cascade,
  calls_24h bigint not null default 0,
  error_rate double precision,
  last_call_at timestamptz,
  tenant_id text not null
) with (fillfactor = 75);
create index tenant_traffic_calls on tenant_traffic (calls_24h, (tenant_id collate "C"));
create index tenant_traffic_rate on tenant_traffic (error_rate nulls last, (tenant_id collate "C"));
create index tenant_traffic_rate_desc on tenant_traffic (error_rate desc nulls last, (tenant_id collate "C") desc);
create index tenant_traffic_last on tenant_traffic (last_call_at nulls last, (tenant_id collate "C"));
create index tenant_traffic_last_desc on tenant_traffic (last_call_at desc nulls last, (tenant_id collate "C") desc);

-- How many tenants there are of each kind, kept by triggers: a count that needs no scan, and agrees with the rows in every snapshot.
create table tenant_counts (
  status text collate "C" not null,
  plan text collate "C",
  health text collate "C" not null,
  tenants bigint not null,
  unique nulls not distinct (status, plan, health)
);

-- One row: how far signals were judged. `version` grows with each change that a list can show.
create table health_state (
  id smallint primary key default 1 check (id = 1),
  version bigint not null default 0,
  -- The latest minute of which any source said anything.
  reached_at timestamptz,
  -- The minute at which all were judged last.
  judged_at timestamptz,
  -- Hours before it were rolled up from their minutes.
  rolled_to timestamptz,
  -- The hour before which the baselines end.
  baseline_to timestamptz
);
insert into health_state default values;

-- What was written since it was judged last: taken by whoever judges. Rows are only added, so that nobody waits for anybody.
create table health_changes (
  id bigint primary key generated always as identity,
  -- Tenants of which minutes in this hour changed; null where something else of them did.
  hour timestamptz,
  tenants integer[] not null default '{}',
  reached_at timestamptz
);

-- What one source (the hash of its name) counted for one tenant in one minute. Written again, it replaces itself.
create table health_minutes (
  n integer not null,
  minute timestamptz not null,
  source bigint not null,
  calls integer not null check (calls >= 0),
  errors integer not null check (errors between 0 and calls),
  -- [[method, route, status, calls, errors], …] and [[lower_ms, upper_ms, calls], …], where the source gives them.
  routes jsonb,
  latency jsonb,
  primary key (n, minute, source)
) partition by range (minute);

create table health_hours (
  n integer not null,
  hour timestamptz not null,
  source bigint not null,
  calls bigint not null check (calls >= 0),
  errors bigint not null check (errors between 0 and calls),
  last_call_at timestamptz,
  routes jsonb,
  latency jsonb,
  primary key (n, hour, source)
) partition by range (hour);

-- Several lists of routes, or of buckets, as one: the same routes and the same buckets add up.
create function merge_health_routes(lists jsonb) returns jsonb language sql immutable strict parallel safe as $$
  select jsonb_agg(jsonb_build_array(method, route, status, calls, errors) order by errors desc, calls desc) from (
    select r ->> 0 as method, r ->> 1 as route, (r ->> 2)::int as status, sum((r ->> 3)::bigint) as calls, sum((r ->> 4)::bigint) as errors
    from jsonb_array_elements(lists) as l, jsonb_array_elements(l) as r
    group by 1, 2, 3 order by 5 desc, 4 desc limit 50
  ) as merged
$$;
create function merge_health_latency(lists jsonb) returns jsonb language sql immutable strict parallel safe as $$
  select jsonb_agg(jsonb_build_array(lower_ms, upper_ms, calls) order by upper_ms nulls last, lower_ms) from (
    select (b ->> 0)::float8 as lower_ms, (b ->> 1)::float8 as upper_ms, sum((b ->> 2)::bigint) as calls
    from jsonb_array_elements(lists) as l, jsonb_array_elements(l) as b group by 1, 2
  ) as merged
$$;

create table health_history (
  n integer not null,
  at timestamptz not null,
  health text not null,
  cause jsonb not null,
  primary key (n, at)
);
create index health_history_at on health_history (at);

-- Makes a partition and attaches it: that takes weaker locks than making it in place.
create function add_health_partition(parent text, start_at timestamptz, end_at timestamptz) returns void language plpgsql as $$
declare
  partition text := parent || to_char(start_at at time zone 'UTC', '_YYYYMMDD_HH24');
begin
  if to_regclass('public.' || partition) is not null then
    return;
  end if;
  execute format('create table public.%I (like public.%I including defaults including constraints including indexes)', partition, parent);
  execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)', parent, partition, start_at, end_at);
end
$$;

-- Makes the partitions that are needed now and soon, and drops those whose time is over: both by the database's clock, and by how
-- far signals reach. A clock that ran ahead drops nothing that is still of use. The program may do this, and no other DDL.
create function keep_health_partitions() returns integer language plpgsql
security definer set search_path = pg_catalog, public, pg_temp set lock_timeout = '1s' as $$
declare
  this_hour timestamptz := date_trunc('hour', clock_timestamp(), 'UTC');
  today timestamptz := date_trunc('day', clock_timestamp(), 'UTC');
  reached timestamptz := coalesce((select least(reached_at, clock_timestamp()) from health_state), clock_timestamp());
  leaving record;
  dropped integer := 0;
begin
  perform pg_advisory_xact_lock(7312);
  for back in -3 .. 27 loop
    perform add_health_partition('health_minutes', this_hour - make_interval(hours => back), this_hour - make_interval(hours => back - 1));
  end loop;
  for back in -1 .. 9 loop
    perform add_health_partition('health_hours', today - make_interval(days => back), today - make_interval(days => back - 1));
  end loop;
  for leaving in
    select c.oid::regclass as partition from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'health_minutes'::regclass
      and c.relname < 'health_minutes' || to_char((reached - interval '28 hours') at time zone 'UTC', '_YYYYMMDD_HH24')
    union all
    select c.oid::regclass from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'health_hours'::regclass
      and c.relname < 'health_hours' || to_char((reached - interval '10 days') at time zone 'UTC', '_YYYYMMDD_HH24')
  loop
    execute format('drop table %s', leaving.partition);
    dropped := dropped + 1;
  end loop;
  return dropped;
end
$$;
revoke execute on function add_health_partition(text, timestamptz, timestamptz), keep_health_partitions() from public;
select keep_health_partitions();

-- What changed in the mirror of tenants, in the rows that lists are read from. Only what differs is written.
create function mirror_tenants() returns trigger language plpgsql as $$
begin
  delete from tenant_health h using changed t where h.tenant_id = t.id and h.known_since < t.known_since;
  with written as (
    insert into tenant_health as h
      (tenant_id, known_since, name, name_key, status, plan, region, user_count, created_at, updated_at, deleted_at, rules)
    select id, known_since, name, coalesce(name_key, lower(name)), status, plan, region, user_count, created_at, updated_at, deleted_at,
      case when status in ('active', 'trial', 'onboarding') then array['too_little_data'] else array['not_live'] end
    from changed order by id
    on conflict (tenant_id) do update set
      name = excluded.name, name_key = excluded.name_key, status = excluded.status, plan = excluded.plan, region = excluded.region,
      user_count = excluded.user_count, created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
    where (h.name, h.status, h.plan, h.region, h.user_count, h.created_at, h.updated_at, h.deleted_at) is distinct from
      (excluded.name, excluded.status, excluded.plan, excluded.region, excluded.user_count, excluded.created_at, excluded.updated_at, excluded.deleted_at)
    returning n, tenant_id
  ), traffic as (
    insert into tenant_traffic (n, tenant_id) select n, tenant_id from written order by n on conflict (n) do nothing
  )
  insert into health_changes (tenants) select array_agg(n) from written having count(*) > 0;
  return null;
end
$$;
create function forget_tenants() returns trigger language plpgsql as $$
begin
  delete from tenant_health h using gone t where h.tenant_id = t.id;
  return null;
end
$$;
create trigger tenants_added after insert on tenants referencing new table as changed for each statement execute function mirror_tenants();
create trigger tenants_changed after update on tenants referencing new table as changed for each statement execute function mirror_tenants();
create trigger tenants_gone after delete on tenants referencing old table as gone for each statement execute function forget_tenants();

-- Keeps the counts with the rows, and tells who follows the overview.
create function count_tenants() returns trigger language plpgsql as $$
declare
  touched boolean;
begin
  if tg_op = 'DELETE' then
    touched := exists (select from gone);
  else
    touched := exists (select from added);
  end if;
  if not touched then
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into tenant_counts as c (status, plan, health, tenants)
    select status, plan, health, count(*) from added where deleted_at is null group by status, plan, health order by status, plan, health
    on conflict (status, plan, health) do update set tenants = c.tenants + excluded.tenants;
  elsif tg_op = 'DELETE' then
    insert into tenant_counts as c (status, plan, health, tenants)
    select status, plan, health, -count(*) from gone where deleted_at is null group by status, plan, health order by status, plan, health
    on conflict (status, plan, health) do update set tenants = c.tenants + excluded.tenants;
  else
    insert into tenant_counts as c (status, plan, health, tenants)
    select status, plan, health, sum(change) from (
      select status, plan, health, 1 as change from added where deleted_at is null
      union all
      select status, plan, health, -1 from gone where deleted_at is null
    ) as both_sides group by status, plan, health having sum(change) <> 0 order by status, plan, health
    on conflict (status, plan, health) do update set tenants = c.tenants + excluded.tenants;
  end if;
  update health_state set version = version + 1;
  return null;
end
$$;
create trigger tenant_health_added after insert on tenant_health
  referencing new table as added for each statement execute function count_tenants();
create trigger tenant_health_changed after update on tenant_health
  referencing old table as gone new table as added for each statement execute function count_tenants();
create trigger tenant_health_gone after delete on tenant_health
  referencing old table as gone for each statement execute function count_tenants();

-- Those that were there before this file.
update tenants set name = name;

grant select, insert, update, delete on tenant_health to countersign_app;
grant select, insert, update on tenant_counts, tenant_traffic to countersign_app;
grant select, update on health_state to countersign_app;
grant select, insert, delete on health_changes, health_history to countersign_app;
grant select, insert, update on health_minutes, health_hours to countersign_app;
grant execute on function keep_health_partitions() to countersign_app;
