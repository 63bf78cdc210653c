// A program of its own for first_imports_test.ts, so that whatever is imported lazily is imported here for the first time.
import { glamMiddleware, success, validate } from "@glam/shared/api";
import { connectDatabase, defineTable, Repository } from "@glam/shared/db";
import { createOutbox, defineEvent } from "@glam/shared/messaging";
import { createService } from "@glam/shared/service";
import { Hono } from "hono";
import process from "node:process";
import * as z from "zod";
import { PATIENT } from "../_support/postgres.ts";

const Done = defineEvent("evt.demo.done.v1", z.object({ id: z.int() }));
const Notes = defineTable("notes", { columns: z.object({ id: z.int32() }) });
const database = await connectDatabase({
  ...PATIENT,
  url: process.env["DATABASE_URL"],
  schema: process.env["SCHEMA"],
});
const notes = new Repository(database, Notes);
const outbox = createOutbox(database, { service: "demo" });
await outbox.ensureTable();
await database.sql`create table notes (id int primary key)`;

const fresh = createOutbox(database, { service: "demo" });
const app = new Hono();
app.use(glamMiddleware({ service: "demo", accessLog: false }));
app.post("/notes", validate("json", z.object({ id: z.int() })), async (c) => {
  await database.transaction(async (tx) => {
    await notes.save(c.req.valid("json"));
    await fresh.add(tx, Done, c.req.valid("json"));
    if (c.req.query("own") !== undefined) await import("./_imported_in_a_transaction.ts");
  });
  return success(c, await notes.count());
});
app.get("/notes", async (c) => success(c, await notes.count()));

const service = createService({ name: "demo", app, database, port: 0, hostname: "127.0.0.1", graceMs: 0 });
await service.start();
// What a service sees to, nobody does for an application that Deno serves by itself.
const bare = process.argv[2] === "bare" && "Deno" in globalThis
  ? Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => app.fetch(request))
  : undefined;
const url = bare === undefined ? service.address!.url : `http://127.0.0.1:${bare.addr.port}`;
const ids = new Set<string | null>();
const statuses: number[] = [];
const headers = { "Content-Type": "application/json" };
for (const query of process.argv.slice(3)) {
  const posted = await fetch(`${url}/notes${query}`, {
    method: "POST",
    headers,
    body: `{"id":${statuses.length}}`,
  });
  const read = await fetch(`${url}/notes`);
  for (const response of [posted, read]) {
    ids.add(response.headers.get("x-request-id"));
    statuses.push(response.status);
    await response.body?.cancel();
  }
}
console.log(JSON.stringify({ statuses, ids: ids.size }));
process.exit(0);
