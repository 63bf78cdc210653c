import { glamMiddleware, idempotency, implement } from "@glam/shared/api";
import { defineEndpoint, type Endpoint } from "@glam/shared/contract";
import { Hono } from "hono";
import * as z from "zod";
import { medianRatio, takeTurns } from "../_statistics.ts";
import { inFlight, type Setting, time } from "./_setting.ts";

const ROUNDS = 15;
const CALLS = 500;
const IN_FLIGHT = 8;

interface NewItem {
  id: string;
  name: string;
}

const definition = {
  body: z.object({ id: z.string(), name: z.string() }),
  data: z.object({ id: z.string(), name: z.string() }),
  status: 201,
} as const;
const Keyed: Endpoint<"POST /keyed", { body: NewItem; data: NewItem }> = defineEndpoint("POST /keyed", {
  ...definition,
  idempotent: "key",
});
const Known: Endpoint<"POST /known", { body: NewItem; data: NewItem }> = defineEndpoint(
  "POST /known",
  definition,
);
const ByHand: Endpoint<"POST /by-hand", { body: NewItem; data: NewItem }> = defineEndpoint(
  "POST /by-hand",
  definition,
);

/**
 * The speed of a request with a key as a multiple of one that begins, locks and inserts the row and the answer by hand:
 * `byHand` does no more, `known` also looks for an answer first, without which a repetition does not get one.
 */
export async function measureIdempotency({ db, raw }: Setting): Promise<Record<string, number>> {
  const guard = idempotency({ database: db, scope: () => "bench" });
  await guard.ensureTable();
  await raw`create table keys_by_hand (key text primary key, status int not null, body text not null)`;
  const app = new Hono();
  app.use(glamMiddleware({ service: "bench", accessLog: false, guards: { idempotency: guard } }));
  implement(app, Keyed, async ({ body }) => {
    await db.sql`insert into items (id, name, price, stock) values (${body.id}, ${body.name}, 1, 1)`;
    return body;
  });
  implement(app, ByHand, async ({ body, c }) => {
    const key = c.req.header("idempotency-key")!;
    await raw.begin(async (tx) => {
      const [lock] = await tx`select pg_try_advisory_xact_lock(hashtextextended(${key}, 0)) as locked`;
      if (!lock!["locked"]) throw new Error("It runs");
      await tx`insert into items (id, name, price, stock) values (${body.id}, ${body.name}, 1, 1)`;
      await tx`insert into keys_by_hand (key, status, body) values (${key}, 201, ${JSON.stringify(body)})
        on conflict do nothing`;
    });
    return body;
  });
  implement(app, Known, async ({ body, c }) => {
    const key = c.req.header("idempotency-key")!;
    return await raw.begin(async (tx) => {
      const [lock] = await tx`select pg_try_advisory_xact_lock(hashtextextended(${key}, 0)) as locked`;
      if (!lock!["locked"]) throw new Error("It runs");
      const [known] = await tx`select body from keys_by_hand where key = ${key}`;
      if (known !== undefined) return JSON.parse(known["body"]);
      await tx`insert into items (id, name, price, stock) values (${body.id}, ${body.name}, 1, 1)`;
      await tx`insert into keys_by_hand (key, status, body) values (${key}, 201, ${JSON.stringify(body)})`;
      return body;
    });
  });
  const post = (path: string) =>
    time(() =>
      inFlight(CALLS, IN_FLIGHT, async (i) => {
        const id = crypto.randomUUID();
        const headers = { "Content-Type": "application/json", "Idempotency-Key": id };
        const body = JSON.stringify({ id, name: `Item ${i}` });
        const response = await app.request(path, { method: "POST", headers, body });
        await response.text();
        if (response.status !== 201) throw new Error(`${path} answered ${response.status}`);
      })
    );
  const subjects = {
    keyed: () => post("/keyed"),
    byHand: () => post("/by-hand"),
    known: () => post("/known"),
  };
  await takeTurns(2, subjects);
  const times = await takeTurns(ROUNDS, subjects);
  return { byHand: medianRatio(times.byHand, times.keyed), known: medianRatio(times.known, times.keyed) };
}
