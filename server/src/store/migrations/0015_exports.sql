-- Exports of events. What an export holds is not kept here, but which entries of the log they are: the file is written again,
-- byte for byte, whenever it is asked for. So a value that was erased is not in it any more, and the digests tell.
create table exports (
  id text primary key,
  -- Whose it is: the staff member who asked, the tenant of the key that did, or the person at the host.
  owner_kind text not null check (owner_kind in ('staff', 'tenant', 'operator')),
  owner_id text not null,
  asked_by text not null,
  -- The tenant that sees what is recorded of it.
  tenant_id text,
  filters jsonb not null,
  format text not null,
  requested_event_id text not null,
  -- It holds what matched in a log of this size.
  size bigint not null,
  asked_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null default clock_timestamp() + interval '1 day',
  -- Which process prepares it, and for how long it is not thought dead.
  claim text,
  claimed_until timestamptz,
  rows_expected bigint,
  rows bigint not null default 0,
  -- The event that binds it, once all entries are known.
  event_id text,
  -- Of the checkpoint that proves it: the size of the tree.
  checkpoint_size bigint,
  files jsonb,
  bytes bigint,
  digest bytea,
  ready_at timestamptz,
  failed text
);
create index exports_owner on exports (owner_kind, owner_id, asked_at desc);
create index exports_waiting on exports (asked_at) where ready_at is null and failed is null;
create index exports_expires on exports (expires_at);

-- Its files in pieces, each with the entries it is made of and the digest of its bytes as they are sent.
create table export_pieces (
  export_id text not null references exports (id) on delete cascade,
  file text not null,
  n integer not null check (n >= 0),
  starts_at bigint not null,
  length integer not null,
  is_last boolean not null,
  indexes bigint[],
  literal bytea,
  sha256 bytea not null check (octet_length(sha256) = 32),
  primary key (export_id, file, n)
);
create index export_pieces_place on export_pieces (export_id, file, starts_at);

-- Who took it away, each once.
create table export_downloads (
  export_id text not null references exports (id) on delete cascade,
  taken_by text not null,
  primary key (export_id, taken_by)
);

grant select, insert, update, delete on exports to countersign_app;
grant select, insert, delete on export_pieces to countersign_app;
grant select, insert on export_downloads to countersign_app;
