import { ConfigError } from "../errors/config_error.ts";
import { detectRuntime } from "../internal/runtime.ts";
import { lockFolder } from "./_folder_lock.ts";
import { PGLITE_PACKAGES } from "./_pglite_versions.ts";

/** Options of {@link embeddedPostgres}. */
export interface EmbeddedPostgresOptions {
  /**
   * Folder for the data; one process at a time can use it.
   * @default none: the data are kept in memory, and lost on `close()`
   */
  readonly dataDir?: string | undefined;
}

/** A Postgres in this process. Pass it to `connectDatabase`, directly or spread into more options. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** URL of its socket on loopback. */
  readonly url: string;
  /** Size of the pool: the server has one session, and a second connection would wait for the first to close. */
  readonly poolSize: 1;
  /** Stops the server, and releases its folder. */
  close(): Promise<void>;
  /** The same as `close`: a database that is connected to it calls this when it is closed. */
  onClose(): Promise<void>;
}

/**
 * Starts a Postgres in this process, for tests and for trying out a service: PGlite, which is Postgres compiled to
 * WebAssembly, behind a socket on loopback. It is a complete Postgres with a single session, and delivers no `NOTIFY`.
 *
 * Its packages are not dependencies of this one. Install them, in versions that fit each other:
 * `deno add npm:@electric-sql/pglite@0.5.14 npm:@electric-sql/pglite-socket@0.2.17`.
 *
 * @example
 * ```ts
 * import { connectDatabase } from "@glam/shared/db";
 * import { embeddedPostgres } from "@glam/shared/testing";
 *
 * await using db = await connectDatabase(await embeddedPostgres());
 * const [row] = await db.sql`select 6 * 7 as answer`;
 * console.log(row?.["answer"]); // 42
 * ```
 *
 * @throws {ConfigError} when a package is not installed, or another process uses the folder.
 */
export async function embeddedPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const { dataDir } = options;
  if (dataDir === "") throw new TypeError("Expected `dataDir` to be a folder, got an empty text");
  const { PGlite, PGLiteSocketServer } = await loadPglite();
  const unlock = dataDir === undefined ? undefined : await lockFolder(dataDir);
  let pglite: PGliteLike | undefined;
  try {
    pglite = await PGlite.create(dataDir);
    const server = new PGLiteSocketServer({ db: pglite, host: "127.0.0.1", port: 0 });
    await server.start();
    return toEmbedded(pglite, server, unlock);
  } catch (error) {
    await pglite?.close();
    await unlock?.();
    throw error;
  }
}

/** The part of `@electric-sql/pglite` that is used. */
interface PGliteLike {
  close(): Promise<void>;
}

/** The part of `@electric-sql/pglite-socket` that is used. */
interface SocketServerLike {
  start(): Promise<void>;
  stop(): Promise<void>;
  getServerConn(): string;
}

interface Pglite {
  readonly PGlite: { create(dataDir?: string): Promise<PGliteLike> };
  readonly PGLiteSocketServer: new (
    options: { readonly db: PGliteLike; readonly host: string; readonly port: number },
  ) => SocketServerLike;
}

function toEmbedded(
  pglite: PGliteLike,
  server: SocketServerLike,
  unlock: (() => Promise<void>) | undefined,
): EmbeddedPostgres {
  let closed: Promise<void> | undefined;
  const close = () =>
    closed ??= (async () => {
      await server.stop();
      await pglite.close();
      await unlock?.();
    })();
  const url = `postgres://postgres@${server.getServerConn()}/postgres`;
  return { url, poolSize: 1, close, onClose: close, [Symbol.asyncDispose]: close };
}

/** The names are variables, so that type checks and bundlers do not require these 20 MB where they are not used. */
async function loadPglite(): Promise<Pglite> {
  const names = ["@electric-sql/pglite", "@electric-sql/pglite-socket"];
  try {
    return Object.assign({}, ...await Promise.all(names.map((name) => import(name)))) as Pglite;
  } catch (cause) {
    const runtime = detectRuntime();
    const install = runtime === "deno"
      ? `deno add ${PGLITE_PACKAGES.map((each) => `npm:${each}`).join(" ")}`
      : `${runtime === "bun" ? "bun add" : "npm install"} ${PGLITE_PACKAGES.join(" ")}`;
    throw new ConfigError(`Cannot start an embedded Postgres: it is not installed. Run: ${install}`, {
      cause,
    });
  }
}
