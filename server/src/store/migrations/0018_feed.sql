-- How far each destination is. What is delivered is the log itself: a cursor is all that delivery has to remember.
create table feed_cursors (
  destination text primary key,
  next_index bigint not null default 0 check (next_index >= 0),
  -- Grows with each replay: a batch that was under way then moves nothing.
  epoch bigint not null default 0,
  delivered bigint not null default 0,
  delivered_at timestamptz,
  -- Events refused one after the other; a destination that refuses everything is stopped, and nothing is passed over.
  refused_in_a_row int not null default 0,
  failures int not null default 0,
  error text,
  error_at timestamptz
);

-- Events that a destination refuses for what they are. They stay until they are taken, or until a replay passes them again.
create table feed_parked (
  destination text not null references feed_cursors (destination),
  log_index bigint not null,
  event_id text not null,
  why text not null,
  parked_at timestamptz not null default clock_timestamp(),
  primary key (destination, log_index)
);

grant select, insert, update on feed_cursors to countersign_app;
grant select, insert, delete on feed_parked to countersign_app;
