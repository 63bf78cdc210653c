-- migrate:up
CREATE TABLE "glam_outbox" (
  "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  "event_id" text NOT NULL,
  "subject" text NOT NULL,
  "message_id" text NOT NULL,
  "key" text,
  "headers" jsonb NOT NULL,
  "body" text NOT NULL,
  "status" text NOT NULL DEFAULT 'pending'::text,
  "attempts" integer NOT NULL DEFAULT 0,
  "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
  "available_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
  "next_attempt_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
  "sent_at" timestamptz,
  "last_error" text,
  CONSTRAINT "pk_glam_outbox" PRIMARY KEY ("id"),
  CONSTRAINT "ck_glam_outbox_status" CHECK ("status" IN ('pending', 'sent', 'dead'))
);
CREATE INDEX "ix_glam_outbox_next_attempt_at" ON "glam_outbox" ("next_attempt_at", "id") WHERE status = 'pending';
CREATE INDEX "ix_glam_outbox_key" ON "glam_outbox" ("key", "id") WHERE status = 'pending' and key is not null;
CREATE INDEX "ix_glam_outbox_attempts" ON "glam_outbox" ("attempts", "key") WHERE status = 'pending' and attempts > 0;
CREATE INDEX "ix_glam_outbox_id" ON "glam_outbox" ("id") WHERE status = 'dead';
CREATE INDEX "ix_glam_outbox_sent_at" ON "glam_outbox" ("sent_at") WHERE status = 'sent';
CREATE TABLE "glam_inbox" (
  "consumer" text NOT NULL,
  "event_key" text NOT NULL,
  "handled_at" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "pk_glam_inbox" PRIMARY KEY ("consumer", "event_key")
);
CREATE INDEX "ix_glam_inbox_handled_at" ON "glam_inbox" ("handled_at");
CREATE TABLE "glam_inbox_fences" (
  "consumer" text NOT NULL,
  "key" text NOT NULL,
  "stream" text NOT NULL,
  "sequence" bigint NOT NULL,
  "stored_at" timestamptz NOT NULL,
  "handled_at" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "pk_glam_inbox_fences" PRIMARY KEY ("consumer", "key")
);
CREATE INDEX "ix_glam_inbox_fences_handled_at" ON "glam_inbox_fences" ("handled_at");
CREATE TABLE "glam_idempotency_keys" (
  "scope" text NOT NULL,
  "endpoint" text NOT NULL,
  "idempotency_key" text NOT NULL,
  "fingerprint" text NOT NULL,
  "status" integer,
  "headers" text,
  "body" text,
  "owner" text,
  "leased_until" timestamptz,
  "expires_at" timestamptz NOT NULL,
  CONSTRAINT "pk_glam_idempotency_keys" PRIMARY KEY ("scope", "endpoint", "idempotency_key")
);
CREATE INDEX "ix_glam_idempotency_keys_expires_at" ON "glam_idempotency_keys" ("expires_at");
CREATE TABLE "glam_schedules" (
  "name" text NOT NULL,
  "cron" text,
  "every_ms" bigint,
  "time_zone" text NOT NULL,
  "definition" text NOT NULL,
  "superseded" jsonb NOT NULL DEFAULT '[]'::jsonb,
  "version" integer NOT NULL DEFAULT 1,
  "seen_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
  "next_at" timestamptz NOT NULL,
  "last_at" timestamptz,
  "requested_at" timestamptz,
  "paused_at" timestamptz,
  "running_at" timestamptz,
  "started_at" timestamptz,
  "attempts" integer NOT NULL DEFAULT 0,
  "lease_id" text,
  "lease_until" timestamptz,
  "runs" jsonb NOT NULL DEFAULT '[]'::jsonb,
  CONSTRAINT "pk_glam_schedules" PRIMARY KEY ("name")
);

-- migrate:down
drop table glam_schedules;
drop table glam_idempotency_keys;
drop table glam_inbox_fences;
drop table glam_inbox;
drop table glam_outbox;
