import { ensureTable, hasTable } from "../../db/table/ensure_table.ts";
import { ConfigError } from "../../errors/config_error.ts";
import { assertWhole } from "../../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../../internal/clock.ts";
import { stateOf } from "../_request_state.ts";
import type { IdempotencyGuard } from "../guards.ts";
import { fingerprintOf } from "./_fingerprint.ts";
import { parseIdempotencyKey } from "./_idempotency_key.ts";
import { recorderOf } from "./_idempotency_recorder.ts";
import { answerKeeper } from "./_kept_answer.ts";
import { runLocked } from "./_lock_mode.ts";
import { postgresStore } from "./_postgres_store.ts";
import { keyMissing } from "./_refusals.ts";
import { checkScope, scopeOf } from "./_scope.ts";
import { deleteExpired } from "./_statements.ts";
import { runInTransaction } from "./_transaction_mode.ts";
import { idempotencyTable } from "./idempotency_table.ts";
import type { IdempotencyOptions } from "./options.ts";

/** The guard that {@link idempotency} makes. */
export interface Idempotency extends IdempotencyGuard {
  /**
   * Deletes the keys that have expired, in batches. Resolves to their number. A running service calls it by itself.
   */
  cleanUp(options?: { readonly signal?: AbortSignal | undefined }): Promise<number>;
  /**
   * Creates the table where it is absent, for a service without migrations; without a database there is none. Several
   * processes may call it at once. A table that exists is not changed.
   */
  ensureTable(): Promise<void>;
}

/** How many rows one statement deletes. */
const BATCH = 1000;

/**
 * A guard that makes repetitions of a request harmless: an endpoint whose contract says `idempotent: "key"` takes the
 * header `Idempotency-Key`, and the second request with the same key gets the answer of the first, without running again.
 *
 * With a `database`, the handler runs in a transaction of it that also records the answer. It commits when the answer is a
 * success and the request has not timed out; else nothing has happened. So the effect happens once, whatever dies in
 * between. A handler that calls other systems takes the mode `lock` instead.
 *
 * @example
 * ```ts
 * import { glamMiddleware, idempotency, implement } from "@glam/shared/api";
 * import { getContext } from "@glam/shared/context";
 * import { defineEndpoint } from "@glam/shared/contract";
 * import { connectDatabase } from "@glam/shared/db";
 * import { Hono } from "hono";
 * import * as z from "zod";
 *
 * const Order = z.object({ sku: z.string(), amount: z.int() });
 * const PlaceOrder = defineEndpoint("POST /orders", { body: Order, data: Order, status: 201, idempotent: "key" });
 *
 * async function createApp(url: string) {
 *   const db = await connectDatabase(url);
 *   const guard = idempotency({ database: db, scope: () => getContext()?.merchantId ?? "nobody" });
 *   const app = new Hono();
 *   app.use(glamMiddleware({ app, guards: { idempotency: guard } }));
 *   implement(app, PlaceOrder, async ({ body }) => {
 *     await db.sql`insert into orders (sku, amount) values (${body.sku}, ${body.amount})`; // in the guard's transaction
 *     return body;
 *   });
 *   return app;
 * }
 * ```
 *
 * @throws {TypeError} when there is neither a `database` nor a `store`, or both.
 * @throws {RangeError} when a number is out of its range.
 */
export function idempotency(options: IdempotencyOptions): Idempotency {
  const { database: given, store, scope } = options;
  const { ttlMs = 86_400_000, leaseMs = 30_000, maxStoredBytes = 262_144, cleanUpEveryMs = 60_000 } = options;
  if ((given === undefined) === (store === undefined)) {
    throw new TypeError("Expected `idempotency` to get a `database` or a `store`");
  }
  if (scope !== undefined && typeof scope !== "function") {
    throw new TypeError(`Expected \`scope\` to be a function, got ${typeof scope}`);
  }
  assertWhole("ttlMs", ttlMs, 1000);
  assertWhole("leaseMs", leaseMs, 1000);
  assertWhole("maxStoredBytes", maxStoredBytes, 0);
  assertWhole("cleanUpEveryMs", cleanUpEveryMs, 1000, MAX_TIMER_MS);

  // Of a database for each request there is nothing to be said without a request.
  const database = typeof given === "function" ? undefined : given;

  return {
    check(endpoint, guards) {
      const { idempotent, route, timeoutMs } = endpoint;
      if (idempotent === undefined) return;
      if (idempotent.mode === "transaction" && given === undefined) {
        throw new TypeError(
          `The endpoint "${route}" takes a transaction: give \`idempotency\` a \`database\``,
        );
      }
      const lease = idempotent.leaseMs ?? leaseMs;
      if (modeOf(idempotent.mode) === "lock" && timeoutMs !== undefined && timeoutMs >= lease) {
        throw new TypeError(
          `The endpoint "${route}" may take ${timeoutMs} ms: expected its \`leaseMs\` to be longer, got ${lease}`,
        );
      }
      if (scope === undefined) checkScope(endpoint, guards);
    },

    async run(c, { endpoint }, respond) {
      const { key: need, mode, leaseMs: ownLeaseMs = leaseMs, isolation } = endpoint.idempotent!;
      const key = parseIdempotencyKey(c.req.raw.headers.get("idempotency-key"));
      if (key === undefined) {
        if (need === "optional") return await respond();
        throw keyMissing();
      }
      const state = stateOf(c)!;
      const { metrics } = state.settings;
      const [owner, fingerprint] = await Promise.all([
        scopeOf(c, endpoint, scope),
        fingerprintOf(c, endpoint),
      ]);
      const operation = {
        c,
        state,
        entry: { scope: owner, endpoint: endpoint.route, key, fingerprint },
        keeper: answerKeeper(c, state, maxStoredBytes),
        respond,
        count: (outcome: "first" | "in_progress" | "mismatch" | "replayed") =>
          metrics && recorderOf(metrics).count(outcome),
      };
      const used = typeof given === "function" ? given(c) : given;
      if (modeOf(mode) === "transaction") {
        return await runInTransaction(operation, { database: used!, ttlMs, isolation });
      }
      return await runLocked(operation, { store: store ?? postgresStore(used!), ttlMs, leaseMs: ownLeaseMs });
    },

    async ping() {
      if (database === undefined || await hasTable(database.sql, idempotencyTable.name)) return;
      throw new ConfigError(
        'Cannot find the table "glam_idempotency_keys" of `idempotency` in the database: ' +
          "migrate it, with `idempotencyTable` in the list of tables, or call `ensureTable()` of the guard",
      );
    },

    cleanUpEveryMs,
    async cleanUp({ signal } = {}) {
      let total = 0;
      while (database !== undefined && !signal?.aborted) {
        const count = await deleteExpired(database.sql, BATCH);
        total += count;
        if (count < BATCH) break;
      }
      return total;
    },

    async ensureTable() {
      if (database !== undefined) await ensureTable(database, idempotencyTable);
    },
  };

  function modeOf(mode: "lock" | "transaction" | undefined): "lock" | "transaction" {
    return mode ?? (given === undefined ? "lock" : "transaction");
  }
}
