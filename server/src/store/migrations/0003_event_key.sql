-- Fingerprint of the key that marks events as the program's: another key would call each of them foreign.
alter table log_sequencer add column event_key_hash text;

-- Sign-ins that were begun and not finished are dropped by their age, at each beginning.
create index sign_in_flows_created on sign_in_flows (created_at);
