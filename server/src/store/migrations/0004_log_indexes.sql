-- Two events of each request are nearly all of the log, and each index that they stand in costs every request. By action they
-- are no find: there is one in every few entries. And entries stand nearly in the order of their time.
drop index log_entries_action, log_entries_time;
create index log_entries_action on log_entries (action text_pattern_ops, log_index)
  where action not in ('SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.COMPLETED', 'SUPPORT_SESSION.ASSET.ADMITTED');
create index log_entries_time on log_entries using brin (occurred_at) with (pages_per_range = 32, autosummarize = on);
