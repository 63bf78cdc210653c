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

-- migrate:down
drop table glam_inbox;
drop table glam_outbox;
