-- migrate:up
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

-- migrate:down
drop table glam_idempotency_keys;
