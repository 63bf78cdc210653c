import { createTable } from "../../db/mod.ts";
import { inboxTable, outboxTable } from "../../messaging/mod.ts";
import type { ScaffoldFiles } from "./scaffold.ts";

/** The migrations of a new service. */
export function migrationFiles(): ScaffoldFiles {
  const statements = [outboxTable, inboxTable].flatMap(createTable);
  return {
    "migrations/0001_create_items.sql": `-- migrate:up
CREATE TABLE "items" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "created_at" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "pk_items" PRIMARY KEY ("id")
);

CREATE TABLE "daily_counts" (
  "day" text NOT NULL,
  "items" integer NOT NULL,
  CONSTRAINT "pk_daily_counts" PRIMARY KEY ("day")
);

-- migrate:down
DROP TABLE "daily_counts";

DROP TABLE "items";
`,
    "migrations/0002_create_outbox_and_inbox.sql": `-- migrate:up
${statements.map((statement) => `${statement};`).join("\n\n")}

-- migrate:down
DROP TABLE "${inboxTable.name}";

DROP TABLE "${outboxTable.name}";
`,
  };
}
