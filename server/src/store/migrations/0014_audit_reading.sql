-- Each filter of the audit finds its events by an index in the order of the log (audit/drivers.ts). The two events of each
-- request are nearly all of a log, and stand in none of these but by their kind of target, where that is a user: a request
-- pays for no filter.
drop index log_entries_action, log_entries_denied;
create index log_entries_action on log_entries (action, log_index)
  where action not in ('SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.COMPLETED', 'SUPPORT_SESSION.ASSET.ADMITTED');
create index log_entries_tenant_action on log_entries (tenant_id, action, log_index)
  where action not in ('SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.COMPLETED', 'SUPPORT_SESSION.ASSET.ADMITTED');
create index log_entries_denied on log_entries (result, action, log_index) where result <> 'ok';
create index log_entries_tenant_denied on log_entries (tenant_id, log_index) where result <> 'ok';
create index log_entries_kind on log_entries (target_kind, log_index) where target_kind <> 'tenant';

-- Reasons and notes by three letters at a time. It lies beside the values, and goes with them: what is erased is found by
-- nothing, and what it had here is gone with the next VACUUM. The planner is to remember no words of it either.
create index disclosures_words on disclosures using gin (lower(value) gin_trgm_ops) where member in ('reason', 'note');
alter index disclosures_words alter column 1 set statistics 0;
