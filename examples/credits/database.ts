import process from "node:process";
import { connectDatabase, type Database, Migrator } from "@glam/shared/db";
import type { Metrics } from "@glam/shared/metrics";

/** A database that is migrated, and what has to be done to leave it in order. */
export interface OpenDatabase {
  readonly db: Database;
  /** What it is, for people. */
  readonly description: string;
  close(): Promise<void>;
}

/**
 * Opens the Postgres at `DATABASE_URL`, else one within this process that keeps its data in the folder `DATA_DIR`.
 *
 * @throws {DatabaseError} when the server cannot be reached.
 * @throws {ConfigError} when another process has the folder.
 */
export async function openDatabase(metrics?: Metrics): Promise<OpenDatabase> {
  const url = process.env["DATABASE_URL"];
  const opened = url === undefined ? await openEmbedded(metrics) : await openServer(url, metrics);
  try {
    await new Migrator(opened.db, { migrations: new URL("./migrations", import.meta.url) }).up();
  } catch (error) {
    await opened.close();
    throw error;
  }
  return opened;
}

async function openServer(url: string, metrics: Metrics | undefined): Promise<OpenDatabase> {
  const db = await connectDatabase({ url, service: "credits", metrics });
  return { db, description: "the Postgres at DATABASE_URL", close: () => db.close() };
}

async function openEmbedded(metrics: Metrics | undefined): Promise<OpenDatabase> {
  const { embeddedPostgres } = await import("@glam/shared/testing");
  const folder = process.env["DATA_DIR"] ?? ".data/credits";
  const postgres = await embeddedPostgres({ dataDir: folder });
  const db = await connectDatabase({ ...postgres, service: "credits", metrics });
  const close = async () => {
    await db.close();
    await postgres.close();
  };
  return { db, description: `an embedded Postgres in ${folder}`, close };
}
