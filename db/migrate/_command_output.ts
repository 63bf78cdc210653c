import { serverError } from "./_server_error.ts";
import { isMigrationError } from "./migration_error.ts";
import type { MigrationEvent, MigrationRun } from "./options.ts";
import type { MigrationStatus } from "./status.ts";

/** The line that is printed for an event. */
export function describeEvent(event: MigrationEvent): string {
  switch (event.type) {
    case "waiting":
      return `waiting ${Math.round(event.waitedMs / 1000)} s for ${event.holder ?? "another process"}`;
    case "started": {
      const note = event.transaction ? "" : ", outside of a transaction";
      const verb = event.direction === "up" ? "applying" : "reverting";
      return `${verb} ${event.migration} (${event.index} of ${event.total}${note})`;
    }
    case "retrying":
      return `${event.migration}: ${event.reason}; attempt ${event.attempt} of ${event.attempts}`;
    case "finished":
      return `${
        event.direction === "up" ? "applied" : "reverted"
      } ${event.migration} in ${event.durationMs} ms`;
  }
}

/** The output of `up --dry-run`, and of `down` before it asks. */
export function describePlan(runs: readonly MigrationRun[], verb: "apply" | "revert"): string {
  if (runs.length === 0) return `Nothing to ${verb}`;
  const parts = runs.map(({ name, sql, transaction }) =>
    `-- ${name}${transaction ? "" : " (outside of a transaction)"}\n${sql}`
  );
  return `Would ${verb} ${count(runs.length)}:\n\n${parts.join("\n\n")}`;
}

/** The output of `status`. */
export function describeStatus({ state, migrations, pending, problems }: MigrationStatus): string {
  const width = Math.max(0, ...migrations.map(({ name }) => name.length));
  const rows = migrations.map(({ name, state, startedAt, durationMs, message }) =>
    [
      name.padEnd(width),
      state.padEnd(8),
      startedAt?.replace("T", " ").replace(/\.\d+Z/, "Z"),
      durationMs === undefined || state === "baseline" ? undefined : `${durationMs} ms`,
      message,
    ].filter((cell) => cell !== undefined).join("  ").trimEnd()
  );
  const summary = {
    empty: `The database was never migrated; ${count(pending)} to apply`,
    pending: `${count(pending)} to apply`,
    current: "The database is up to date",
    newer: "The database is newer than the files",
    broken: "Something is wrong",
  }[state];
  return [...rows, ...rows.length > 0 ? [""] : [], summary, ...problems.map(({ message }) => `- ${message}`)]
    .join("\n");
}

/** An error for the terminal, with the server's whole message, which may quote data. */
export function describeError(error: unknown): string {
  const cause = serverError(error);
  if (isMigrationError(error)) {
    return cause?.detail === undefined ? error.message : `${error.message}\n${cause.detail}`;
  }
  const message = error instanceof Error ? error.message : String(error);
  return cause === undefined || message.includes(cause.message) ? message : `${message}: ${cause.message}`;
}

/** "1 migration", "2 migrations". */
export function count(migrations: number): string {
  return `${migrations} migration${migrations === 1 ? "" : "s"}`;
}

/** A value with the keys of its objects in snake_case, for machines. */
export function toWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [key, each],
    ) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), toWire(each)]),
  );
}
