import type { ServiceNeeds } from "./project.ts";
import { findNats, startNats } from "./nats_server.ts";
import { findPostgres, type PostgresServer, startPostgres } from "./postgres_server.ts";

/** What the service gets to run on. */
export interface DevServers extends AsyncDisposable {
  /** A line for each, which says what it means. */
  readonly lines: readonly (readonly [server: string, what: string])[];
  /** The variables that name what was started. */
  readonly env: Readonly<Record<string, string>>;
  /** Applies pending migrations to the Postgres that was started, and gives their number; 0 without one. */
  migrate(): Promise<number>;
}

/**
 * Starts what the service needs: nothing where the configuration names a server, those that are installed, else nothing
 * again, as the service has embedded ones.
 */
export async function startServers(
  { database, nats }: ServiceNeeds,
  { folder, embedded }: { readonly folder: string; readonly embedded: boolean },
): Promise<DevServers> {
  await using started = new AsyncDisposableStack();
  const lines: (readonly [string, string])[] = [];
  const env: Record<string, string> = {};
  let postgres: PostgresServer | undefined;

  if (database === "named") {
    lines.push([
      "Postgres",
      "the one that the configuration names; `glam migrate up` with its DATABASE_URL migrates it",
    ]);
  } else if (database === "needed") {
    const binaries = embedded ? undefined : await findPostgres();
    const server = binaries === undefined ? "it is not installed" : await startPostgres(binaries, folder);
    if (typeof server === "string") {
      const why = embedded ? "as you asked" : server;
      lines.push(["Postgres", `embedded (${why}): data are kept in .data, and only the service can connect`]);
    } else {
      postgres = server;
      started.defer(() => server.stop());
      env["DATABASE_URL"] = server.url;
      lines.push(["Postgres", `${binaries}/postgres, with its data in ${folder}/postgres, at ${server.url}`]);
    }
  }

  if (nats === "named") {
    lines.push(["NATS", "the one that the configuration names"]);
  } else if (nats === "needed") {
    const program = embedded ? undefined : await findNats();
    if (program === undefined) {
      const why = embedded ? "as you asked" : "nats-server is not installed";
      lines.push([
        "NATS",
        `in memory (${why}): events end with each restart, and no other process sees them`,
      ]);
    } else {
      const server = await startNats(program, folder);
      started.defer(() => server.stop());
      env["NATS_SERVERS"] = server.url;
      lines.push(["NATS", `${program}, with its data in ${folder}/nats, at ${server.url}`]);
    }
  }

  const owned = started.move();
  return {
    lines,
    env,
    migrate: () => postgres?.migrate() ?? Promise.resolve(0),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
