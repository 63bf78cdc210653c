import type { DriverQuery } from "../connection/_driver.ts";
import { closeGap } from "./_close_gap.ts";

type Settlers = Pick<DriverQuery, "resolve" | "reject">;

/**
 * Supervises a query that is read through a cursor, and returns what settles the batch that its caller waits for.
 *
 * - The iterator of the driver replaces `resolve` and `reject` for each batch; the driver still gets `end`.
 * - After the query has settled, for example at its deadline, the driver would send the caller's next `FETCH` on a
 *   connection that belongs to another query, and report the end of the rows. Nothing is sent, and the next call rejects.
 */
export function superviseCursor(query: DriverQuery, end: Settlers, isSettled: () => boolean): Settlers {
  let { resolve, reject, active } = query;
  let cursorFn = query.cursorFn as (rows: unknown) => unknown;
  let isAwaited = true;
  let failure: { readonly error: unknown } | undefined;

  async function deliver(rows: unknown): Promise<unknown> {
    isAwaited = false;
    closeGap(rows);
    try {
      return await cursorFn(rows);
    } finally {
      if (isSettled()) await new Promise(() => {}); // never
    }
  }

  Object.defineProperties(query, {
    resolve: { get: () => end.resolve, set: (next) => resolve = next },
    reject: { get: () => end.reject, set: (next) => reject = next },
    cursorFn: {
      get: () => deliver,
      set(next) {
        cursorFn = next;
        isAwaited = true;
      },
    },
    active: {
      // Read at the beginning of each call of the iterator.
      get() {
        if (failure === undefined) return active;
        const { error } = failure;
        failure = undefined;
        throw error;
      },
      set: (next) => active = next,
    },
  });
  return {
    resolve: (result) => resolve(result),
    reject(error) {
      if (!isAwaited) {
        failure = { error };
        query.canceller = null; // it reads `active`, too
      }
      reject(error);
    },
  };
}
