-- Attempts at an action whose gates were met, or lack nothing but an approval. What is denied is an event alone.
create table action_requests (
  id text primary key,
  action text not null,
  target_kind text not null check (target_kind in ('user', 'tenant')),
  target_id text not null,
  target_label text not null,
  tenant_id text not null,
  parameters jsonb not null default '{}',
  reason text not null,
  ticket text,
  requester_id text not null references staff (id),
  sign_in_id text not null references staff_sessions (id),
  -- As they were shown when it was asked.
  risk text not null check (risk in ('low', 'med', 'high')),
  requires text not null,
  -- Of the policy that was in force: an approval under another one is void.
  policy text not null,
  approvals_needed smallint not null check (approvals_needed >= 0),
  -- The canonical request that approvers sign, and its SHA-256.
  signed text not null,
  digest bytea not null unique check (octet_length(digest) = 32),
  idempotency_key text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  state text not null
    check (state in ('pending', 'approved', 'executing', 'done', 'failed', 'unknown', 'rejected', 'expired', 'cancelled', 'void')),
  state_at timestamptz not null default clock_timestamp(),
  -- The product has no effect after it: set with the intent, before the call.
  call_expires_at timestamptz,
  count integer,
  note text,
  -- The support session that it opened, or of its requester's on the same tenant at that time.
  session_id text references support_sessions (id),
  -- When the product is asked what came of it, and how often it was.
  look_at timestamptz,
  looks integer not null default 0,
  unique (requester_id, idempotency_key),
  unique (id, requester_id)
);
create index action_requests_open on action_requests (expires_at) where state in ('pending', 'approved');
create index action_requests_looks on action_requests (look_at) where state in ('executing', 'unknown');
create index action_requests_recent on action_requests (created_at desc, id desc);
create index action_requests_target on action_requests (target_id, created_at desc);

-- Nobody decides on a request of their own, whoever writes the row: requester_id is the request's by the foreign key.
create table action_decisions (
  request_id text not null,
  requester_id text not null,
  staff_id text not null references staff (id),
  decision text not null check (decision in ('approved', 'rejected')),
  decided_at timestamptz not null default clock_timestamp(),
  passkey_id text references staff_passkeys (id),
  reason text,
  primary key (request_id, staff_id),
  foreign key (request_id, requester_id) references action_requests (id, requester_id),
  check (staff_id <> requester_id),
  check ((decision = 'rejected') = (reason is not null))
);

-- The planner would remember what was erased long ago.
alter table action_requests alter column target_label set statistics 0, alter column reason set statistics 0,
  alter column ticket set statistics 0, alter column note set statistics 0, alter column signed set statistics 0;
alter table action_decisions alter column reason set statistics 0;

-- What a signature of one's own is bound to.
alter table passkey_challenges add column act_hash bytea check (octet_length(act_hash) = 32);

grant select, insert, update on action_requests to countersign_app;
grant select, insert on action_decisions to countersign_app;
-- An erasure puts a word in its place.
grant update (reason) on action_decisions to countersign_app;
