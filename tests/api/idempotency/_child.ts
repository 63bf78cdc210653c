/**
 * A service that places orders, and dies where a request asks it to.
 *
 * @module
 */
import process from "node:process";
import { glamMiddleware, idempotency, implement } from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { connectDatabase } from "@glam/shared/db";
import { createService } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";
import { PATIENT } from "../../_support/postgres.ts";

/** What the process is told. */
export interface ChildOptions {
  readonly url: string;
  readonly schema: string;
  readonly leaseMs: number;
}

const silent = { debug() {}, info() {}, warn() {}, error: console.error, critical: console.error };
const definition = {
  body: z.object({ n: z.int() }),
  data: z.object({ n: z.int(), id: z.int() }),
  status: 201,
};

async function main({ url, schema, leaseMs }: ChildOptions): Promise<void> {
  const db = await connectDatabase({ ...PATIENT, url, schema });
  const app = new Hono();
  const guard = idempotency({ database: db, scope: () => "all", leaseMs });
  app.use(glamMiddleware({ logger: silent, guards: { idempotency: guard } }));
  const dieAfter = async (
    c: { req: { header(name: string): string | undefined } },
    next: () => Promise<void>,
  ) => {
    await next();
    if (c.req.header("die") === "answer") process.kill(process.pid, "SIGKILL");
  };
  const place = async (n: number, die: string | null) => {
    const [row] = await db.sql<{ id: number }>`insert into effects (n) values (${n}) returning id`;
    if (die === "effect") process.kill(process.pid, "SIGKILL");
    return { n, id: row!.id };
  };
  implement(
    app,
    defineEndpoint("POST /orders", { ...definition, idempotent: "key" }),
    dieAfter,
    ({ body, c }) => place(body.n, c.req.raw.headers.get("die")),
  );
  implement(
    app,
    defineEndpoint("POST /locked", { ...definition, idempotent: { mode: "lock" } }),
    dieAfter,
    ({ body, c }) => place(body.n, c.req.raw.headers.get("die")),
  );
  const service = createService({
    name: "orders",
    app,
    port: 0,
    hostname: "127.0.0.1",
    database: db,
    logger: silent,
  });
  await service.start();
  console.log(`listening on ${service.address!.url}`);
}

await main(JSON.parse(process.argv[2]!));
