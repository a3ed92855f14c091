import { afterAll, beforeAll, expect, it } from 'vitest'
import { asSuperuser, newDatabase, type TestDatabase } from '../support/database.ts'

/**
 * Every column of text in the database, by what may stand in it. A new one that is not named here fails: whoever adds it says
 * whether a person can stand in it, and if so, puts it where it can be erased.
 *
 * id: ours, the product's or the provider's · word: of a closed list, or of the configuration · ours: a sentence or digest that the
 * program makes · day: deleted within a day · public: meant for everybody · mirror: what the directory says of tenants, gone when it says so · passing:
 * deleted within minutes · route: patterns of the product's API, as sources of signals name them, gone within ten days ·
 * operator: the account of who runs the host · erasable: deleted, or set to an id, by an erasure
 */
const columns = {
  id: `exports.id exports.owner_id exports.asked_by exports.tenant_id exports.requested_event_id exports.event_id export_pieces.export_id
    export_downloads.export_id export_downloads.taken_by feed_parked.event_id events.body log_entries.event_id log_entries.actor_id log_entries.tenant_id log_tallies.tenant_id log_entries.target_id log_entries.session_id
    log_entries.request_id staff.id staff.issuer staff.subject staff_sessions.id staff_sessions.staff_id api_keys.id api_keys.tenant_id
    api_key_revocations.key_id tenants.id unreadable_tenants.id directory_seen.id support_sessions.id support_sessions.tenant_id support_sessions.target_user_id
    support_sessions.staff_id session_views.id session_views.session_id session_views.sign_in_id session_view_codes.view_id session_revocations.session_id session_revocations.revoked_by session_revocations.event_id
    session_activity.session_id session_extensions.session_id session_extensions.event_id session_tickets.session_id session_tickets.event_id
    session_expiries.session_id session_outcomes.session_id disclosures.holder disclosures.tenant_id legal_holds.id legal_holds.tenant_id
    staff_passkeys.id staff_passkeys.staff_id staff_passkey_removals.passkey_id staff_passkey_removals.removed_by
    staff_passkey_confirmations.passkey_id staff_passkey_confirmations.staff_id staff_passkey_confirmations.confirmed_by
    ingest_keys.id ingest_key_revocations.key_id signal_sources.key_id signal_series.tenant_id signal_unknown.tenant_id
    passkey_challenges.sign_in_id action_requests.id action_requests.target_id action_requests.tenant_id action_requests.requester_id
    action_requests.sign_in_id action_requests.session_id action_requests.idempotency_key action_decisions.request_id
    action_decisions.requester_id action_decisions.staff_id action_decisions.passkey_id tenant_health.tenant_id tenant_traffic.tenant_id`,
  word: `session_view_codes.upstream exports.owner_kind exports.format exports.failed export_pieces.file feed_cursors.destination feed_parked.destination log_entries.action log_entries.category log_entries.result log_entries.target_kind staff.roles api_keys.permissions
    support_sessions.scopes session_revocations.revoked_by_kind session_counts.name disclosures.member unreadable_tenants.members staff_passkeys.transports
    signal_sources.way signal_counts.cause signal_cursors.source
    passkey_challenges.purpose leases.name action_requests.action action_requests.target_kind action_requests.risk
    action_requests.requires action_requests.state action_requests.parameters action_decisions.decision tenant_health.health
    tenant_health.rules tenant_counts.health health_history.health`,
  ours: `session_views.label exports.claim exports.files feed_cursors.error feed_parked.why disclosures.salt support_sessions.digests session_revocations.reason_digest session_tickets.ticket_digest log_rejected.why log_tallies.since log_tally_nodes.path log_sequencer.origin log_sequencer.key_hash
    log_sequencer.event_key_hash leases.holder staff_sessions.ended_why api_keys.hint ingest_keys.hint directory_sync.error directory_sync.address
    directory_sync.audience directory_sync.cursor directory_sync.sync_token schema_migrations.name schema_migrations.sha256
    action_requests.policy health_history.cause`,
  day: 'exports.filters',
  public: 'log_checkpoints.note',
  mirror: `tenants.name tenants.name_key tenants.status tenants.plan tenants.region tenant_health.name tenant_health.name_key tenant_health.status
    tenant_health.plan tenant_health.region tenant_counts.status tenant_counts.plan`,
  route: `health_minutes.routes health_minutes.latency health_hours.routes health_hours.latency signal_sources.name signal_series.method
    signal_series.route signal_unknown.source signal_unknown.body`,
  passing: 'sign_in_flows.nonce sign_in_flows.code_verifier sign_in_flows.return_to',
  operator: `api_keys.created_by api_keys.name api_key_revocations.revoked_by ingest_keys.created_by ingest_keys.name
    ingest_key_revocations.revoked_by`,
  erasable: `disclosures.value staff.email staff.name staff_passkeys.name action_requests.target_label action_requests.reason
    action_requests.ticket action_requests.note action_requests.signed action_decisions.reason`,
}

let database: TestDatabase
beforeAll(async () => {
  database = await newDatabase()
})
afterAll(() => database.close())

it('M3 every column of text is one in which no person stands, or one that can be erased', async () => {
  const found = await asSuperuser<{ name: string }>(
    database.superuserUrl,
    `select c.relname || '.' || a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
     join pg_type t on t.oid = a.atttypid left join pg_type e on e.oid = t.typelem
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
       and coalesce(nullif(e.typname, 'char'), t.typname) in ('text', 'varchar', 'bpchar', 'json', 'jsonb', 'name', 'xml')
     order by 1`,
  )
  const named = Object.values(columns).flatMap((names) => names.split(/\s+/))
  expect(new Set(named).size).toBe(named.length)
  expect(found.map(({ name }) => name).sort()).toEqual(named.sort())
})
