-- What the log has of each tenant: how many entries, and a hash over them (log/tally.ts). The sequencer writes it with the entry
-- that holds the root of all of them. It follows from the entries, and whoever verifies the log computes it anew.
create table log_tallies (
  tenant_id text primary key,
  count bigint not null check (count >= 0),
  place bytea not null check (octet_length(place) = 32),
  chain bytea not null check (octet_length(chain) = 32),
  since text not null
);

-- The nodes of the map, by their path from the root in zeros and ones.
create table log_tally_nodes (
  path text collate "C" primary key,
  hash bytea not null check (octet_length(hash) = 32)
) with (fillfactor = 70);

grant select, insert, update on log_tallies to countersign_app;
grant select, insert, update, delete on log_tally_nodes to countersign_app;
grant select on log_tallies to countersign_tenant;

alter table log_tallies enable row level security;
alter table log_tallies force row level security;
create policy program_tallies on log_tallies to countersign_app using (true) with check (true);
create policy tenant_reads on log_tallies for select to countersign_tenant
  using (tenant_id = nullif(current_setting('countersign.tenant_id', true), ''));
