import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase, createTable } from "@glam/shared/db";
import {
  createListener,
  createMemoryBus,
  createOutbox,
  defineEvent,
  outboxTable,
} from "@glam/shared/messaging";
import { embeddedPostgres } from "@glam/shared/testing";
import { Hono } from "hono";
import * as z from "zod";
import { recordingLogger } from "../_support/recording_logger.ts";
import { testService } from "./_support.ts";

const Placed = defineEvent("evt.test.placed.v1", z.object({ id: z.int() }));

it("a service runs on an embedded Postgres with its one session, migrations, outbox and listener included", async () => {
  const database = await connectDatabase(await embeddedPostgres());
  const bus = createMemoryBus();
  const outbox = createOutbox(database, { service: "test", pollMs: 20 });
  const handled = Promise.withResolvers<number>();
  const app = new Hono().post("/orders/:id", async (c) => {
    const id = Number(c.req.param("id"));
    await database.transaction(async (tx) => {
      await tx`insert into orders (id) values (${id})`;
      await outbox.add(tx, Placed, { id });
    });
    return c.json({ id });
  });
  const { service } = testService({
    app,
    database,
    migrations: [
      { name: "0001_create_orders.sql", sql: "-- migrate:up\ncreate table orders (id int primary key);\n" },
      { name: "0002_create_outbox.sql", sql: `-- migrate:up\n${createTable(outboxTable).join(";\n")};\n` },
    ],
    migrate: "up",
    bus,
    outbox,
    listeners: [
      createListener(bus, {
        service: "test",
        queueGroup: "orders",
        events: [Placed],
        logger: recordingLogger().logger,
        async handle({ data }) {
          const [row] = await database.sql<{ id: number }>`select id from orders where id = ${data.id}`;
          handled.resolve(row!.id);
        },
      }),
    ],
  });
  await service.start();
  const { url } = service.address!;
  assert.equal((await fetch(`${url}/orders/7`, { method: "POST" })).status, 200);
  assert.equal(await handled.promise, 7);
  assert.equal((await fetch(`${url}/health/ready`)).status, 200);
  await service.stop();
  await service.finished;
});
