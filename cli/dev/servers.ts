import type { Need, ServiceNeeds } from "./project.ts";
import { findNats, startNats } from "./nats_server.ts";
import { findPostgres, type PostgresServer, startPostgres } from "./postgres_server.ts";
import type { DevServer } from "./server_process.ts";

/** What the service gets to run on. */
export interface DevServers extends AsyncDisposable {
  /** A line for each, which says what it means. */
  readonly lines: readonly (readonly [server: string, what: string])[];
  /** The variables that name what was started. */
  readonly env: Readonly<Record<string, string>>;
  /** Applies pending migrations to the Postgres that was started, and gives their number; 0 without one. */
  migrate(): Promise<number>;
}

/** Where they are kept, and whether those that are installed are left alone. */
export interface DevServerOptions {
  readonly folder: string;
  readonly embedded: boolean;
}

/** One of them: what to say of it, and the server if it was started here. */
interface Provided<Server extends DevServer> {
  readonly what: string;
  readonly server?: Server;
}

/**
 * Starts what the service needs: nothing where the configuration names a server, those that are installed, else nothing
 * again, as the service has embedded ones.
 */
export async function startServers(
  { database, nats }: ServiceNeeds,
  options: DevServerOptions,
): Promise<DevServers> {
  const postgres = database === "not needed" ? undefined : await providePostgres(database, options);
  const stopPostgres = async () => await postgres?.server?.stop();
  try {
    const bus = nats === "not needed" ? undefined : await provideNats(nats, options);
    return {
      lines: [
        ...postgres === undefined ? [] : [["Postgres", postgres.what] as const],
        ...bus === undefined ? [] : [["NATS", bus.what] as const],
      ],
      env: {
        ...postgres?.server && { DATABASE_URL: postgres.server.url },
        ...bus?.server && { NATS_SERVERS: bus.server.url },
      },
      migrate: async () => await postgres?.server?.migrate() ?? 0,
      async [Symbol.asyncDispose]() {
        await Promise.all([bus?.server?.stop(), stopPostgres()]);
      },
    };
  } catch (error) {
    await stopPostgres();
    throw error;
  }
}

async function providePostgres(
  need: Need,
  { folder, embedded }: DevServerOptions,
): Promise<Provided<PostgresServer>> {
  if (need === "named") {
    return {
      what: "the one that the configuration names; `glam migrate up` with its DATABASE_URL migrates it",
    };
  }
  const binaries = embedded ? undefined : await findPostgres();
  const server = binaries === undefined ? "it is not installed" : await startPostgres(binaries, folder);
  return typeof server === "string"
    ? {
      what: `embedded (${
        embedded ? "as you asked" : server
      }): data are kept in .data, and only the service can connect`,
    }
    : { what: `${binaries}/postgres, with its data in ${folder}/postgres, at ${server.url}`, server };
}

async function provideNats(need: Need, { folder, embedded }: DevServerOptions): Promise<Provided<DevServer>> {
  if (need === "named") return { what: "the one that the configuration names" };
  const program = embedded ? undefined : await findNats();
  if (program === undefined) {
    const why = embedded ? "as you asked" : "nats-server is not installed";
    return { what: `in memory (${why}): events end with each restart, and no other process sees them` };
  }
  const server = await startNats(program, folder);
  return { what: `${program}, with its data in ${folder}/nats, at ${server.url}`, server };
}
