CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE settings (name text PRIMARY KEY, value text NOT NULL);

CREATE TABLE sign_in_methods (
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  method text NOT NULL CHECK (method IN ('password', 'passkey', 'magic_link')),
  first_used_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, method)
);

ALTER TABLE "twoFactor" ADD COLUMN enrolled_at timestamptz NOT NULL DEFAULT now();

-- One person, one organisation: the product has no switcher.
CREATE UNIQUE INDEX member_one_organization ON member ("userId");
CREATE INDEX member_by_organization ON member ("organizationId", "userId");

CREATE TABLE attestations (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('document', 'device', 'build', 'person')),
  subject text NOT NULL,
  statement jsonb NOT NULL,
  signature text NOT NULL,
  status text NOT NULL CHECK (status IN ('valid', 'revoked', 'expired')),
  note text,
  issued_by text NOT NULL,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_reason text,
  CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
);
CREATE INDEX attestations_by_tenant ON attestations (tenant_id, issued_at DESC, id DESC);

CREATE TABLE billing_settings (
  tenant_id text PRIMARY KEY REFERENCES organization (id) ON DELETE CASCADE,
  billing_email text NOT NULL,
  company text NOT NULL,
  address text NOT NULL,
  tax_id text,
  currency text NOT NULL,
  payment_method text NOT NULL,
  invoice_note text,
  updated_at timestamptz NOT NULL
);

CREATE TABLE invoices (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
  number text NOT NULL UNIQUE,
  period text NOT NULL,
  amount_cents integer NOT NULL,
  currency text NOT NULL,
  status text NOT NULL CHECK (status IN ('paid', 'open', 'overdue')),
  issued_at timestamptz NOT NULL
);
CREATE INDEX invoices_by_tenant ON invoices (tenant_id, issued_at DESC, id DESC);

CREATE TABLE exports (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('attestations', 'members', 'activity')),
  format text NOT NULL CHECK (format IN ('csv', 'ndjson')),
  requested_by text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX exports_by_tenant ON exports (tenant_id, created_at DESC, id DESC);

CREATE TABLE notifications (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  title text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  read_at timestamptz
);
CREATE INDEX notifications_by_tenant ON notifications (tenant_id, created_at DESC, id DESC);

CREATE TABLE activity (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX activity_by_tenant ON activity (tenant_id, seq);

CREATE TABLE api_keys (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  name text NOT NULL,
  key_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Sign-in and its end are ordered by the person's row: nobody who is suspended keeps a session that began a moment ago.
CREATE FUNCTION refuse_session_of_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  suspended boolean;
BEGIN
  SELECT banned INTO suspended FROM "user" WHERE id = NEW."userId" FOR SHARE;
  RETURN CASE WHEN suspended THEN NULL ELSE NEW END;
END $$;
CREATE TRIGGER session_begins BEFORE INSERT ON session FOR EACH ROW EXECUTE FUNCTION refuse_session_of_suspended();

-- What was mailed to whom. It goes no further than the mailbox page.
CREATE TABLE mails (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  subject text NOT NULL,
  body text NOT NULL,
  link text NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mails_by_user ON mails (user_id, id DESC);

-- Wrong passwords in a row: the next sign-in takes the row away.
CREATE TABLE failed_sign_ins (
  user_id text PRIMARY KEY REFERENCES "user" (id) ON DELETE CASCADE,
  count integer NOT NULL CHECK (count > 0),
  last_at timestamptz NOT NULL
);

-- What an organisation has bought, and where its day is.
CREATE TABLE subscriptions (
  tenant_id text PRIMARY KEY REFERENCES organization (id) ON DELETE CASCADE,
  seats integer NOT NULL CHECK (seats > 0),
  time_zone text NOT NULL
);

-- Acts of support: one row an id, written in the transaction that has the effect.
CREATE TABLE support_acts (
  id text PRIMARY KEY,
  act text NOT NULL,
  target_kind text NOT NULL CHECK (target_kind IN ('user', 'tenant')),
  target_id text NOT NULL,
  parameters jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('done', 'failed')),
  count integer,
  code text,
  message text,
  at timestamptz NOT NULL,
  requested_by text NOT NULL,
  approved_by text[] NOT NULL,
  CHECK ((status = 'done') = (count IS NOT NULL) AND (status = 'failed') = (code IS NOT NULL))
);

-- Every signed call that was received, before it is handled. An outcome of `done` commits with the effect, so that the rows with it are
-- the effects. Without an outcome: under way, or the program died.
CREATE TABLE support_calls (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  act_id text NOT NULL,
  act text NOT NULL,
  target_kind text NOT NULL,
  target_id text NOT NULL,
  requested_by text NOT NULL,
  outcome text CHECK (outcome IN ('done', 'failed', 'repeated', 'refused')),
  code text
);
CREATE INDEX support_calls_by_act ON support_calls (act_id, seq);

-- A tenant whose export storage is failing: what makes some answers 5xx.
CREATE TABLE storage_incidents (
  tenant_id text PRIMARY KEY REFERENCES organization (id) ON DELETE CASCADE,
  failing_share real NOT NULL CHECK (failing_share BETWEEN 0 AND 1)
);

-- Incremental reads. A change takes its place in the order under one lock that it holds until it commits, so places become
-- visible in order and a reader that has passed a place never misses an earlier one.
CREATE TABLE tenant_tombstones (
  id text PRIMARY KEY,
  name text NOT NULL,
  status text NOT NULL,
  plan text,
  region text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz NOT NULL
);
CREATE INDEX organization_by_update ON organization ("updatedAt", id);
CREATE INDEX tenant_tombstones_by_update ON tenant_tombstones (updated_at, id);

CREATE FUNCTION next_tenant_change() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('acme.tenant_change', 0));
  RETURN greatest(
    clock_timestamp(),
    (SELECT max("updatedAt") FROM organization) + interval '1 microsecond',
    (SELECT max(updated_at) FROM tenant_tombstones) + interval '1 microsecond'
  );
END $$;

CREATE FUNCTION stamp_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."updatedAt" := next_tenant_change();
  RETURN NEW;
END $$;
CREATE TRIGGER organization_changed BEFORE INSERT OR UPDATE ON organization FOR EACH ROW EXECUTE FUNCTION stamp_tenant();

CREATE FUNCTION bury_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  place timestamptz := next_tenant_change();
BEGIN
  INSERT INTO tenant_tombstones VALUES (OLD.id, OLD.name, 'closed', OLD.plan, OLD.region, OLD."createdAt", place, place);
  RETURN OLD;
END $$;
CREATE TRIGGER organization_deleted BEFORE DELETE ON organization FOR EACH ROW EXECUTE FUNCTION bury_tenant();

CREATE FUNCTION stamp_tenants_of_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE organization SET "updatedAt" = "updatedAt" WHERE id IN (SELECT DISTINCT "organizationId" FROM changed);
  RETURN NULL;
END $$;
CREATE TRIGGER member_added AFTER INSERT ON member
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stamp_tenants_of_members();
CREATE TRIGGER member_removed AFTER DELETE ON member
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stamp_tenants_of_members();

CREATE VIEW tenant_directory AS
  SELECT id, name, status, plan, region, "createdAt" AS created_at, "updatedAt" AS updated_at, NULL::timestamptz AS deleted_at
  FROM organization
  UNION ALL
  SELECT id, name, status, plan, region, created_at, updated_at, deleted_at
  FROM tenant_tombstones;

-- Look-up: what a person types is compared without case, accents and invisible characters. A database in the C locale lowers
-- only ASCII, so a Unicode collation is taken where the server has one.
DO $$
DECLARE
  folding text := (
    SELECT format('COLLATE %I.%I', n.nspname, c.collname)
    FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
    WHERE c.collname IN ('pg_c_utf8', 'und-x-icu', 'C.utf8', 'en_US.utf8')
    ORDER BY array_position(ARRAY['pg_c_utf8', 'und-x-icu', 'C.utf8', 'en_US.utf8'], c.collname::text) LIMIT 1
  );
BEGIN
  EXECUTE format($f$
    CREATE FUNCTION fold(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
      regexp_replace(
        lower(normalize(given, NFKD) %s), E'[\\u0300-\\u036f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff]', '', 'g'
      ) COLLATE "C"
  $f$, folding);
END $$;

-- Kept beside the names, so that a comparison does not fold every one of them again.
ALTER TABLE "user"
  ADD COLUMN folded_name text GENERATED ALWAYS AS (fold(name)) STORED,
  ADD COLUMN folded_email text GENERATED ALWAYS AS (fold(email)) STORED;
CREATE INDEX user_id_prefix ON "user" (id text_pattern_ops);
CREATE INDEX user_email_prefix ON "user" (folded_email text_pattern_ops);
CREATE INDEX user_name_prefix ON "user" (folded_name text_pattern_ops);
CREATE INDEX user_email_trigrams ON "user" USING gin (folded_email gin_trgm_ops);
CREATE INDEX user_name_trigrams ON "user" USING gin (folded_name gin_trgm_ops);
CREATE INDEX session_by_user_seen ON session ("userId", "lastSeenAt" DESC);
