-- migrate:up
CREATE TABLE "orders" (
  "id" uuid NOT NULL DEFAULT gen_random_uuid(),
  "merchant_id" text NOT NULL,
  "request_key" text NOT NULL,
  "credits" integer NOT NULL,
  "status" text NOT NULL,
  "pay_by" timestamptz NOT NULL,
  "refunded_at" timestamptz,
  "created_at" timestamptz NOT NULL DEFAULT now(),
  "updated_at" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "pk_orders" PRIMARY KEY ("id"),
  CONSTRAINT "uq_orders_merchant_id_request_key" UNIQUE ("merchant_id", "request_key"),
  CONSTRAINT "ck_orders_status" CHECK ("status" IN ('pending', 'placed', 'paid', 'cancelled'))
);
CREATE INDEX "ix_orders_created_at" ON "orders" ("created_at");
CREATE INDEX "ix_orders_merchant_id" ON "orders" ("merchant_id", "created_at", "id");
CREATE INDEX "ix_orders_status" ON "orders" ("status", "pay_by");

CREATE TABLE "order_history" (
  "id" integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  "order_id" uuid NOT NULL,
  "merchant_id" text NOT NULL,
  "status" text NOT NULL,
  "at" timestamptz NOT NULL,
  CONSTRAINT "pk_order_history" PRIMARY KEY ("id"),
  CONSTRAINT "ck_order_history_status" CHECK ("status" IN ('placed', 'paid', 'cancelled'))
);
CREATE INDEX "ix_order_history_order_id" ON "order_history" ("order_id", "id");

-- migrate:down
drop table order_history;
drop table orders;
