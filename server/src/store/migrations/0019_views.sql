-- The product in a browser, in a support session. Its origins have the label in their host names.
create table session_views (
  id text primary key,
  session_id text not null references support_sessions (id),
  -- Whose browser it is.
  sign_in_id text not null references staff_sessions (id),
  label text not null unique check (label ~ '^[a-z2-7]{26}$'),
  opened_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz
);
create index session_views_session on session_views (session_id);
create index session_views_open on session_views (sign_in_id) where closed_at is null;

-- Codes by which a browser enters one origin of a view, each once; and the cookie that it was given for it.
create table session_view_codes (
  code_hash bytea primary key check (octet_length(code_hash) = 32),
  view_id text not null references session_views (id),
  upstream text not null,
  browser_hash bytea not null check (octet_length(browser_hash) = 32),
  minted_at timestamptz not null default clock_timestamp(),
  used_at timestamptz,
  cookie_hash bytea unique check (octet_length(cookie_hash) = 32),
  check ((used_at is null) = (cookie_hash is null))
);
create index session_view_codes_view on session_view_codes (view_id);

grant select, insert, update (closed_at) on session_views to countersign_app;
grant select, insert, update (used_at, cookie_hash) on session_view_codes to countersign_app;
