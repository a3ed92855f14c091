-- Passkeys of staff. A key that was removed stays as a row: the signatures it made can still be checked.
create table staff_passkeys (
  id text primary key,
  staff_id text not null references staff (id),
  credential_id bytea not null unique check (octet_length(credential_id) between 16 and 1023),
  -- COSE_Key. Unique, too: the same key under another credential id would be one person's key on two people (WA-8).
  public_key bytea not null unique,
  sign_count bigint not null check (sign_count >= 0),
  is_synced boolean not null,
  transports text[] not null,
  name text not null,
  enrolled_at timestamptz not null default clock_timestamp(),
  -- From when it may sign; infinity while it waits for a confirmation.
  usable_from timestamptz not null,
  last_used_at timestamptz
);
alter table staff_passkeys alter column name set statistics 0;
create index staff_passkeys_staff on staff_passkeys (staff_id);

create table staff_passkey_removals (
  passkey_id text primary key references staff_passkeys (id),
  removed_at timestamptz not null default clock_timestamp(),
  removed_by text not null references staff (id)
);

-- Nobody confirms a key of their own.
create table staff_passkey_confirmations (
  passkey_id text primary key references staff_passkeys (id),
  staff_id text not null references staff (id),
  confirmed_at timestamptz not null default clock_timestamp(),
  confirmed_by text not null references staff (id),
  check (confirmed_by <> staff_id)
);

-- What an authenticator was asked to sign, in which sign-in and for what: taken once, within two minutes.
create table passkey_challenges (
  challenge_hash bytea primary key check (octet_length(challenge_hash) = 32),
  sign_in_id text not null references staff_sessions (id),
  purpose text not null check (purpose in ('enrolment', 'step_up', 'act')),
  created_at timestamptz not null default clock_timestamp()
);
create index passkey_challenges_created on passkey_challenges (created_at);

-- Whether the person must authenticate anew at the provider, whatever sign-on stands there.
alter table sign_in_flows add column fresh boolean not null default false;

-- When a passkey last vouched for who sits at this sign-in.
alter table staff_sessions add column stepped_up_at timestamptz;

grant select, insert, update on staff_passkeys to countersign_app;
grant select, insert on staff_passkey_removals, staff_passkey_confirmations to countersign_app;
grant select, insert, delete on passkey_challenges to countersign_app;
