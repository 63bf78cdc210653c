import { assertWhole } from "../../internal/assert_number.ts";
import type { IdempotencyStore, KeptAnswer } from "./idempotency_store.ts";

/** Options of {@link createMemoryIdempotencyStore}. */
export interface MemoryIdempotencyStoreOptions {
  /**
   * Keys that are known at most, from 1. With more, those that were used first are forgotten.
   * @default 100000
   */
  readonly maxKeys?: number | undefined;
}

interface Known {
  readonly fingerprint: string;
  readonly answer?: KeptAnswer;
  readonly owner?: string;
  /** When the lease ends, in milliseconds since 1970. */
  readonly leasedUntil: number;
  readonly expiresAt: number;
}

/**
 * Keeps keys in the memory of this process: for tests, and for a service that has one process. Another process does not
 * know them, and a restart forgets them.
 *
 * @example
 * ```ts
 * import { createMemoryIdempotencyStore, glamMiddleware, idempotency, implement } from "@glam/shared/api";
 * import { defineEndpoint } from "@glam/shared/contract";
 * import { Hono } from "hono";
 * import * as z from "zod";
 *
 * const Ring = defineEndpoint("POST /bell", { data: z.int(), idempotent: "key" });
 * const app = new Hono();
 * const store = createMemoryIdempotencyStore();
 * app.use(glamMiddleware({ guards: { idempotency: idempotency({ store, scope: () => "everybody" }) } }));
 * let rung = 0;
 * implement(app, Ring, () => ++rung);
 *
 * for (let i = 0; i < 3; i++) await app.request("/bell", { method: "POST", headers: { "Idempotency-Key": "a" } });
 * console.log(rung); // 1
 * ```
 *
 * @throws {RangeError} when `maxKeys` is out of its range.
 */
export function createMemoryIdempotencyStore(options: MemoryIdempotencyStoreOptions = {}): IdempotencyStore {
  const { maxKeys = 100_000 } = options;
  assertWhole("maxKeys", maxKeys, 1);
  const keys = new Map<string, Known>();
  const set = (id: string, known: Known) => {
    keys.delete(id); // so that the first is the one that was used first
    keys.set(id, known);
    for (const [first, { expiresAt }] of keys) {
      if (keys.size <= maxKeys && expiresAt > Date.now()) break;
      keys.delete(first);
    }
  };
  return {
    reserve(entry, { owner, leaseMs, ttlMs }) {
      const id = idOf(entry);
      const now = Date.now();
      const known = keys.get(id);
      const { fingerprint } = entry;
      if (known !== undefined && known.expiresAt > now) {
        const { answer } = known;
        if (answer !== undefined) {
          return Promise.resolve({ state: "done", fingerprint: known.fingerprint, answer });
        }
        if (known.leasedUntil > now || known.fingerprint !== fingerprint) {
          return Promise.resolve({ state: "running", fingerprint: known.fingerprint });
        }
      }
      set(id, { fingerprint, owner, leasedUntil: now + leaseMs, expiresAt: now + ttlMs });
      return Promise.resolve({ state: "reserved" });
    },
    keep(entry, answer, { owner, ttlMs }) {
      const id = idOf(entry);
      const known = keys.get(id);
      if (known?.owner !== owner) return Promise.resolve(false);
      set(id, { fingerprint: known.fingerprint, answer, leasedUntil: 0, expiresAt: Date.now() + ttlMs });
      return Promise.resolve(true);
    },
    release(entry, { owner }) {
      const id = idOf(entry);
      if (keys.get(id)?.owner === owner) keys.delete(id);
      return Promise.resolve();
    },
  };
}

function idOf({ scope, endpoint, key }: { scope: string; endpoint: string; key: string }): string {
  return JSON.stringify([scope, endpoint, key]);
}
