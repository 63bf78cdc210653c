import type { Database } from "../../db/database.ts";
import { answerOf, deleteReservation, findRow, insertReservation, updateReservation } from "./_statements.ts";
import type { IdempotencyStore } from "./idempotency_store.ts";

/** The keys of the mode `lock` in the table `glam_idempotency_keys`, by transactions of their own. */
export function postgresStore({ sql }: Pick<Database, "sql">): IdempotencyStore {
  return {
    async reserve(entry, options) {
      for (;;) {
        if (await insertReservation(sql, entry, options)) return { state: "reserved" };
        const row = await findRow(sql, entry);
        if (row === undefined) continue; // it was given back, or has expired meanwhile
        const { fingerprint } = row;
        if (row.status === null) return { state: "running", fingerprint };
        return { state: "done", fingerprint, answer: answerOf(row) };
      }
    },
    keep: (entry, answer, options) => updateReservation(sql, entry, answer, options),
    release: (entry, options) => deleteReservation(sql, entry, options),
  };
}
