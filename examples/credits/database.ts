import process from "node:process";
import { connectDatabase, type Database, Migrator } from "@glam/shared/db";
import { ConfigError } from "@glam/shared/errors";
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

/** PGlite is Postgres as WebAssembly. It has one session, so the pool has one connection. */
async function openEmbedded(metrics: Metrics | undefined): Promise<OpenDatabase> {
  const [{ PGlite }, { PGLiteSocketServer }] = await Promise.all([
    import("@electric-sql/pglite"),
    import("@electric-sql/pglite-socket"),
  ]);
  const folder = process.env["DATA_DIR"] ?? ".data/credits";
  const unlock = await lock(folder);
  const pglite = await PGlite.create(folder);
  const server = new PGLiteSocketServer({ db: pglite, host: "127.0.0.1", port: 0 });
  await server.start();
  const url = `postgres://postgres@${server.getServerConn()}/postgres`;
  const db = await connectDatabase({ url, poolSize: 1, service: "credits", metrics });
  const close = async () => {
    await db.close();
    await server.stop();
    await pglite.close();
    await unlock();
  };
  return { db, description: `an embedded Postgres in ${folder}`, close };
}

/** Keeps a second process out of the folder, which would destroy its data. */
async function lock(folder: string): Promise<() => Promise<void>> {
  const { mkdir, readFile, rm, writeFile } = await import("node:fs/promises");
  const path = `${folder}.pid`;
  await mkdir(folder, { recursive: true });
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  if (holder > 0 && holder !== process.pid && isRunning(holder)) {
    throw new ConfigError(
      `${folder} is in use by process ${holder}: stop that, or set DATA_DIR to another folder`,
    );
  }
  await writeFile(path, String(process.pid));
  return () => rm(path, { force: true });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM"; // it runs, as somebody else
  }
}
