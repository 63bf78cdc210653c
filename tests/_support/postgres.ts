/**
 * The Postgres server of the test run, and databases on it.
 *
 * `deno task test` starts a server for as many parts as run at once, and passes its URL in `GLAM_POSTGRES_URL`; without that a
 * test file starts one for itself.
 *
 * @module
 */
import { connectDatabase, type Database, type DatabaseOptions } from "@glam/shared/db";
import { startPostgres } from "./postgres_server.ts";
import { PATIENCE_MS } from "./wait_for.ts";

export { freePort, type PostgresServer, startPostgres } from "./postgres_server.ts";

/** Timeouts for connections that must succeed, also on a busy machine. */
export const PATIENT: DatabaseOptions = {
  connectTimeoutMs: PATIENCE_MS,
  queryTimeoutMs: PATIENCE_MS,
  idleInTransactionTimeoutMs: PATIENCE_MS,
};

let shared: Promise<string> | undefined;

/** The URL of a server that tests share. It runs as long as the process. */
export function sharedPostgres(): Promise<string> {
  const given = process.env["GLAM_POSTGRES_URL"];
  if (given !== undefined && given !== "") return Promise.resolve(given);
  return shared ??= startPostgres().then((server) => server.url);
}

/** A database in a schema of its own, which disposing drops. */
export interface TestDatabase extends Database {
  readonly schema: string;
  readonly url: string;
}

/** Connects to the shared server, in a new schema, with the timeouts of {@link PATIENT} by default. */
export async function createTestDatabase(
  options: DatabaseOptions & { readonly url?: string } = {},
): Promise<TestDatabase> {
  const url = options.url ?? await sharedPostgres();
  const schema = options.schema ?? `test_${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
  const db = await connectDatabase({ ...PATIENT, ...options, url, schema });
  await db.ensureSchema(schema);
  const dispose = async () => {
    await db.sql.unsafe(`drop schema if exists "${schema.replaceAll('"', '""')}" cascade`);
    await db.close();
  };
  return { ...db, schema, url, [Symbol.asyncDispose]: dispose };
}
