import { ConfigError } from "../errors/config_error.ts";
import { detectRuntime } from "../internal/runtime.ts";
import { lockFolder } from "./_folder_lock.ts";
import { PGLITE_PACKAGES } from "./_pglite_versions.ts";
import { type Dumpable, fromTemplate, type PGliteConstructor } from "./_template.ts";

/** Options of {@link embeddedPostgres}. */
export interface EmbeddedPostgresOptions {
  /**
   * Folder for the data; one process at a time can use it.
   * @default none: the data are kept in memory, and lost on `close()`
   */
  readonly dataDir?: string | undefined;
  /**
   * For a database in memory: a file that keeps an empty one, such as `.data/empty_postgres.tar.gz`. To copy that takes
   * half a second, to make one several. The first start makes it, and whoever has another version of PGlite makes it anew.
   * @default none
   */
  readonly template?: string | undefined;
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
 * @throws {TypeError} when `dataDir` or `template` is empty, or when both are given.
 */
export async function embeddedPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const { dataDir, template } = options;
  if (dataDir === "") throw new TypeError("Expected `dataDir` to be a folder, got an empty text");
  if (template === "") throw new TypeError("Expected `template` to be a file, got an empty text");
  if (dataDir !== undefined && template !== undefined) {
    throw new TypeError("Expected `dataDir` or `template`, got both: a folder keeps its own data");
  }
  const { PGlite, PGLiteSocketServer } = await loadPglite();
  const unlock = dataDir === undefined ? undefined : await lockFolder(dataDir);
  let pglite: PGliteLike | undefined;
  try {
    pglite = template === undefined ? await PGlite.create(dataDir) : await fromTemplate(PGlite, template);
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
interface PGliteLike extends Dumpable {
  close(): Promise<void>;
}

/** The part of `@electric-sql/pglite-socket` that is used. */
interface SocketServerLike {
  start(): Promise<void>;
  stop(): Promise<void>;
  getServerConn(): string;
}

interface Pglite {
  readonly PGlite: PGliteConstructor<PGliteLike> & { create(dataDir?: string): Promise<PGliteLike> };
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
