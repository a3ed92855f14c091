-- What people did, apart from the requests in sessions, which are nearly all of the log: weeks of it are counted without reading
-- more than is counted (events/insights.ts, which repeats the condition).
create index log_entries_deeds on log_entries (occurred_at)
  where category in ('support_session', 'action', 'approval') and not starts_with(action, 'SUPPORT_SESSION.REQUEST.')
    and not starts_with(action, 'SUPPORT_SESSION.ASSET.');
