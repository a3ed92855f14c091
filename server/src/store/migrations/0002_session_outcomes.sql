-- That every request admitted in a session has its outcome in the log, looked at once the session was over for good.
create table session_outcomes (
  session_id text primary key references support_sessions (id),
  noted_at timestamptz not null default clock_timestamp()
);

grant select, insert on session_outcomes to countersign_app;
