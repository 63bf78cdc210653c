import { outsideContext } from "../../internal/outside_context.ts";
import type { Database } from "../../db/database.ts";
import { ensureTable } from "../../db/table/ensure_table.ts";
import { toOutboxSettings, toRelaySettings } from "./_settings.ts";
import type { OutboxEngine } from "./_engine.ts";
import type { Outbox } from "./outbox.ts";
import type { OutboxOptions } from "./options.ts";
import { outboxTableNamed } from "./outbox_table.ts";
import { createRelay } from "./_create_relay.ts";

/**
 * Creates a transactional outbox: events are written in the transaction of the change that they report, and a relay
 * publishes them after the commit. So every committed change has its event, and a change that was rolled back has none.
 *
 * Every event is published at least once, always with the same message id: a stream recognises a duplicate for two minutes,
 * an inbox for longer. The table is {@link outboxTable}, for migrations, or created by `ensureTable()`.
 *
 * @example
 * ```ts
 * import { connectDatabase } from "@glam/shared/db";
 * import { connectNats, createOutbox, defineEvent } from "@glam/shared/messaging";
 * import * as z from "zod";
 *
 * const OrderPlaced = defineEvent("evt.shop.order.placed.v1", z.object({ orderId: z.guid() }));
 *
 * async function main() {
 *   await using db = await connectDatabase("postgres://app:s3cret@localhost:5432/shop");
 *   await using bus = await connectNats({ waitForServer: true });
 *   const outbox = createOutbox(db, { service: "shop" });
 *   await outbox.ensureTable();
 *   await using relay = outbox.relay(bus);
 *   await relay.start();
 *   await db.transaction(async (tx) => {
 *     const orderId = crypto.randomUUID();
 *     await tx`insert into orders (id) values (${orderId})`;
 *     await outbox.add(tx, OrderPlaced, { orderId }, { key: orderId });
 *   });
 * }
 * ```
 *
 * @throws {TypeError} when `service` is empty, or has white space, dots or wildcards.
 * @throws {RangeError} when a name or a number is out of its range.
 */
export function createOutbox(db: Database, options: OutboxOptions): Outbox {
  const settings = toOutboxSettings(options);
  const table = outboxTableNamed(
    settings.schema === undefined ? settings.table : `${settings.schema}.${settings.table}`,
  );
  let engine: Promise<OutboxEngine> | undefined;
  // Imported at first use, so that a program without an outbox does not load it.
  const open = () =>
    engine ??= outsideContext(() => import("./_engine.ts"))
      .then(({ OutboxEngine }) => new OutboxEngine(db, settings));
  return {
    table,
    add: async (tx, event, data, given = {}) => await (await open()).add(tx, event, data, given),
    relay: (bus, given = {}) => createRelay(bus, toRelaySettings(given), open),
    status: async () => await (await open()).store.status(),
    dead: async (filter = {}) => await (await open()).store.dead(filter),
    retry: async (filter = {}) => await (await open()).retry(filter),
    cleanUp: async () => await (await open()).store.cleanUp(),
    ensureTable: () => ensureTable(db, table),
  };
}
