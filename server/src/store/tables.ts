import type { ColumnType, Generated } from 'kysely'

type Instant = ColumnType<Date, Date | string, Date | string>
type InstantDefault = ColumnType<Date, Date | string | undefined, Date | string>
type InstantOrNull = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
/** bigint: pg gives text. */
type Big = ColumnType<string, string | number | bigint, string | number | bigint>
/** jsonb: written as text, read as a value. */
type Json = ColumnType<Record<string, unknown>, string, string>
type BigDefault = ColumnType<string, string | number | bigint | undefined, string | number | bigint>

/** The tables as the migrations make them. */
export type Tables = {
  events: { tx: Generated<string>; n: BigDefault; body: string; mac: Buffer }
  disclosures: { holder: string; member: string; salt: string; value: string; tenant_id: string | null; recorded_at: InstantDefault }
  log_entries: {
    log_index: Big
    event_n: Big
    event_id: string
    leaf_hash: Buffer
    occurred_at: Instant
    action: string
    category: string
    result: string
    actor_id: string
    tenant_id: string | null
    target_kind: string | null
    target_id: string | null
    session_id: string | null
    request_id: string | null
  }
  log_tiles: { level: number; tile_index: Big; hashes: Buffer }
  log_checkpoints: { size: Big; root: Buffer; note: string; signed_at: InstantDefault }
  leases: { name: string; holder: string; fence: BigDefault; expires_at: Instant }
  log_sequencer: {
    id: Generated<number>
    origin: string | null
    key_hash: string | null
    event_key_hash: string | null
    high_n: BigDefault
    size: BigDefault
    root: Generated<Buffer>
  }
  log_gaps: { n: Big; seen_tx: string }
  log_rejected: { n: Big; why: string; noted_at: InstantDefault }
  log_tallies: { tenant_id: string; count: Big; place: Buffer; chain: Buffer; since: string }
  log_tally_nodes: { path: string; hash: Buffer }
  staff: {
    id: string
    issuer: string
    subject: string
    email: string
    name: string
    roles: Generated<string[]>
    created_at: InstantDefault
    signed_in_at: InstantOrNull
    disabled_at: InstantOrNull
  }
  staff_sessions: {
    id: string
    token_hash: Buffer
    staff_id: string
    created_at: InstantDefault
    last_seen_at: InstantDefault
    expires_at: Instant
    ended_at: InstantOrNull
    ended_why: string | null
    code_hash: Buffer | null
    stepped_up_at: InstantOrNull
  }
  staff_passkeys: {
    id: string
    staff_id: string
    credential_id: Buffer
    public_key: Buffer
    sign_count: Big
    is_synced: boolean
    transports: string[]
    name: string
    enrolled_at: InstantDefault
    usable_from: Instant
    last_used_at: InstantOrNull
  }
  staff_passkey_removals: { passkey_id: string; removed_at: InstantDefault; removed_by: string }
  staff_passkey_confirmations: { passkey_id: string; staff_id: string; confirmed_at: InstantDefault; confirmed_by: string }
  passkey_challenges: {
    challenge_hash: Buffer
    sign_in_id: string
    purpose: string
    act_hash: Buffer | null
    created_at: InstantDefault
  }
  action_requests: {
    id: string
    action: string
    target_kind: string
    target_id: string
    target_label: string
    tenant_id: string
    parameters: Json
    reason: string
    ticket: string | null
    requester_id: string
    sign_in_id: string
    risk: string
    requires: string
    policy: string
    approvals_needed: number
    signed: string
    digest: Buffer
    idempotency_key: string
    created_at: Instant
    expires_at: Instant
    state: string
    state_at: InstantDefault
    call_expires_at: InstantOrNull
    count: number | null
    note: string | null
    session_id: string | null
    look_at: InstantOrNull
    looks: Generated<number>
  }
  action_decisions: {
    request_id: string
    requester_id: string
    staff_id: string
    decision: string
    decided_at: InstantDefault
    passkey_id: string | null
    reason: string | null
  }
  sign_in_flows: {
    state_hash: Buffer
    browser_hash: Buffer
    nonce: string
    code_verifier: string
    return_to: string
    fresh: Generated<boolean>
    created_at: InstantDefault
    used_at: InstantOrNull
  }
  api_keys: {
    id: string
    tenant_id: string
    name: string
    hint: string
    key_hash: Buffer
    permissions: string[]
    created_at: InstantDefault
    created_by: string
    expires_at: InstantOrNull
    last_used_at: InstantOrNull
  }
  api_key_revocations: { key_id: string; revoked_at: InstantDefault; revoked_by: string }
  ingest_keys: {
    id: string
    name: string
    hint: string
    key_hash: Buffer
    created_at: InstantDefault
    created_by: string
    expires_at: InstantOrNull
    last_used_at: InstantOrNull
  }
  ingest_key_revocations: { key_id: string; revoked_at: InstantDefault; revoked_by: string }
  signal_sources: {
    id: Generated<string>
    way: string
    name: string
    key_id: string | null
    first_us: Big | null
    heard_at: InstantDefault
  }
  signal_series: {
    id: Generated<string>
    source_id: Big
    hash: Buffer
    tenant_id: string
    method: string | null
    route: string | null
    status: number | null
    is_delta: boolean
    made_at: InstantDefault
  }
  signal_points: { series_id: Big; started_us: Big; at_us: Big; calls: Big; buckets: string }
  signal_unknown: { tenant_id: string; source: string; minute: Instant; body: Json; kept_at: InstantDefault }
  signal_counts: { hour: Instant; cause: string; n: Big }
  signal_cursors: { source: string; taken_until: Instant; moved_at: InstantDefault }
  tenants: {
    id: string
    name: string
    name_key: Generated<string | null>
    status: string
    plan: string | null
    region: string | null
    user_count: number | null
    created_at: Instant
    updated_at: Instant
    deleted_at: InstantOrNull
    known_since: InstantDefault
  }
  unreadable_tenants: { id: string; members: string[]; round: Big; noted_at: InstantDefault }
  directory_seen: { id: string }
  directory_sync: {
    id: Generated<number>
    address: string | null
    audience: string | null
    round: BigDefault
    full_round: Generated<boolean>
    cursor: string | null
    sync_token: string | null
    started_at: InstantOrNull
    finished_at: InstantOrNull
    full_finished_at: InstantOrNull
    error: string | null
  }
  support_sessions: {
    id: string
    token_hash: Buffer
    tenant_id: string
    target_user_id: string | null
    staff_id: string
    digests: ColumnType<Record<string, string>, string, never>
    scopes: string[]
    issued_at: InstantDefault
    expires_at: Instant
    idle_seconds: Generated<number>
    address_hash: Buffer | null
    revoked: Generated<boolean>
  }
  session_views: {
    id: string
    session_id: string
    sign_in_id: string
    label: string
    opened_at: InstantDefault
    closed_at: InstantOrNull
  }
  session_view_codes: {
    code_hash: Buffer
    view_id: string
    upstream: string
    browser_hash: Buffer
    minted_at: InstantDefault
    used_at: InstantOrNull
    cookie_hash: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>
  }
  session_activity: { session_id: string; idle_at: Instant }
  session_counts: { name: 'opened' | 'revoked'; n: Big }
  session_extensions: { n: Generated<string>; session_id: string; extended_at: InstantDefault; expires_at: Instant; event_id: string }
  session_tickets: { session_id: string; added_at: InstantDefault; ticket_digest: string; event_id: string }
  legal_holds: { id: string; tenant_id: string; placed_at: InstantDefault; released_at: InstantOrNull }
  session_revocations: {
    session_id: string
    revoked_at: InstantDefault
    revoked_by_kind: 'opener' | 'staff' | 'tenant' | 'tenant_gone' | 'role_lost' | 'frozen' | 'signed_out' | 'system'
    revoked_by: string
    event_id: string
    reason_digest: string | null
  }
  tenant_health: {
    tenant_id: string
    n: Generated<number>
    known_since: Instant
    name: string
    name_key: string
    status: string
    plan: string | null
    region: string | null
    user_count: number | null
    created_at: Instant
    updated_at: Instant
    deleted_at: InstantOrNull
    health: Generated<string>
    rules: Generated<string[]>
    rules_since: Generated<Date[]>
    since: InstantDefault
    worst: BigDefault
    calls_24h: BigDefault
    errors_24h: BigDefault
    error_rate: number | null
    last_call_at: InstantOrNull
    baseline_calls: BigDefault
    week_calls: BigDefault
    week_of: InstantOrNull
  }
  tenant_traffic: { n: number; calls_24h: BigDefault; error_rate: number | null; last_call_at: InstantOrNull; tenant_id: string }
  tenant_counts: { status: string; plan: string | null; health: string; tenants: Big }
  health_state: {
    id: Generated<number>
    version: BigDefault
    reached_at: InstantOrNull
    judged_at: InstantOrNull
    rolled_to: InstantOrNull
    baseline_to: InstantOrNull
  }
  health_changes: { id: Generated<string>; hour: InstantOrNull; tenants: Generated<number[]>; reached_at: InstantOrNull }
  health_minutes: {
    n: number
    minute: Instant
    source: Big
    calls: number
    errors: number
    routes: ColumnType<unknown, string | null | undefined, string | null>
    latency: ColumnType<unknown, string | null | undefined, string | null>
  }
  health_hours: {
    n: number
    hour: Instant
    source: Big
    calls: Big
    errors: Big
    last_call_at: InstantOrNull
    routes: ColumnType<unknown, string | null | undefined, string | null>
    latency: ColumnType<unknown, string | null | undefined, string | null>
  }
  health_history: { n: number; at: Instant; health: string; cause: Json }
  session_expiries: { session_id: string; noted_at: InstantDefault }
  session_outcomes: { session_id: string; noted_at: InstantDefault }
  feed_cursors: {
    destination: string
    next_index: BigDefault
    epoch: BigDefault
    delivered: BigDefault
    delivered_at: InstantOrNull
    refused_in_a_row: Generated<number>
    failures: Generated<number>
    error: string | null
    error_at: InstantOrNull
  }
  feed_parked: { destination: string; log_index: Big; event_id: string; why: string; parked_at: InstantDefault }
  exports: {
    id: string
    owner_kind: 'staff' | 'tenant' | 'operator'
    owner_id: string
    asked_by: string
    tenant_id: string | null
    filters: Json
    format: string
    requested_event_id: string
    size: Big
    asked_at: InstantDefault
    expires_at: InstantDefault
    claim: string | null
    claimed_until: InstantOrNull
    rows_expected: ColumnType<string | null, number | null | undefined, number | null>
    rows: BigDefault
    event_id: string | null
    checkpoint_size: ColumnType<string | null, number | null | undefined, number | null>
    files: ColumnType<unknown, string | null | undefined, string | null>
    bytes: ColumnType<string | null, number | null | undefined, number | null>
    digest: Buffer | null
    ready_at: InstantOrNull
    failed: string | null
  }
  export_pieces: {
    export_id: string
    file: string
    n: number
    starts_at: Big
    length: number
    is_last: boolean
    indexes: ColumnType<string[] | null, number[] | null, never>
    literal: Buffer | null
    sha256: Buffer
  }
  export_downloads: { export_id: string; taken_by: string }
}
