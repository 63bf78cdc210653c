import { fullJitter } from "../../internal/backoff.ts";
import { sleep } from "../../internal/clock.ts";
import { flag, whole } from "../table/_checks.ts";
import { timeouts } from "../connection/_open_driver.ts";
import type { Pool } from "../pool/_pool.ts";
import { isConnectionLoss, isWorthAnotherRun } from "../pool/_query_error.ts";
import type { Settings } from "../connection/_settings.ts";
import {
  type RunOptions,
  Transaction,
  type TransactionCallback,
  type TransactionScope,
} from "./_transaction.ts";
import type { TransactionOptions } from "../database.ts";

const ISOLATION_LEVELS: ReadonlySet<unknown> = new Set(["read committed", "repeatable read", "serializable"]);
const BETWEEN_RUNS = { minDelayMs: 20, maxDelayMs: 1000, factor: 2 };

/** The parts that run the transactions of a database. */
export interface TransactionRunner extends TransactionScope {
  readonly settings: Settings;
  /** Called before each further run of a callback. */
  readonly onRetry: ((error: unknown) => void) | undefined;
}

/** Runs a transaction: nested if the async context is in one, else on a connection of the pool, with retries. */
export async function runTransaction<T>(
  runner: TransactionRunner,
  fn: TransactionCallback<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const { isolation, readOnly = false, retries = 3, signal } = options;
  if (typeof fn !== "function") throw new TypeError(`Expected \`fn\` to be a function, got ${typeof fn}`);
  if (isolation !== undefined && !ISOLATION_LEVELS.has(isolation)) {
    throw new RangeError(
      `Expected \`isolation\` to be of ${[...ISOLATION_LEVELS].join(", ")}, got ${JSON.stringify(isolation)}`,
    );
  }
  flag("readOnly", readOnly);
  whole("retries", retries, 0, 1000);
  signal?.throwIfAborted();
  const outer = runner.storage.getStore();
  if (outer !== undefined) {
    if (isolation !== undefined || readOnly) {
      throw new TypeError(
        `Cannot set \`${
          isolation === undefined ? "readOnly" : "isolation"
        }\` of a nested transaction: set it on the outermost one`,
      );
    }
    return await outer.nest(fn, signal);
  }
  const run: RunOptions = {
    mode: `${isolation === undefined ? "" : `isolation level ${isolation}`}${readOnly ? " read only" : ""}`,
    isReadOnly: readOnly,
    prelude: runner.settings.pooler ? localTimeouts(runner.settings) : undefined,
    signal,
  };
  const { pool } = runner;
  for (let attempt = 1;; attempt++) {
    if (pool.closed) throw pool.noPermit();
    if (!pool.ready) await pool.prepare();
    if (!pool.slots.tryEnter()) await takePermit(pool, signal);
    try {
      return await new Transaction(runner).run(fn, run);
    } catch (error) {
      const again = isWorthAnotherRun(error) || readOnly && isConnectionLoss(error);
      if (!again || attempt > retries || signal?.aborted) throw error;
      runner.onRetry?.(error);
    } finally {
      pool.slots.leave();
    }
    await sleep(fullJitter(attempt, BETWEEN_RUNS), signal);
  }
}

/** Waits for a permit of the pool. */
function takePermit(pool: Pool, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => signal?.removeEventListener("abort", onAbort);
    const waiter = {
      since: pool.now,
      enter() {
        settle();
        resolve();
      },
      giveUp() {
        settle();
        reject(pool.noPermit());
      },
    };
    const onAbort = () => {
      pool.slots.forget(waiter);
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    pool.slots.wait(waiter);
    pool.watch();
  });
}

function localTimeouts(settings: Settings): string | undefined {
  const statements = Object.entries(timeouts(settings)).map(([name, ms]) => `set local ${name} = ${ms}`);
  return statements.length === 0 ? undefined : statements.join("; ");
}
