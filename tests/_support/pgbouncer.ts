/**
 * Starts PgBouncer in transaction mode in front of a Postgres server.
 *
 * @module
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { fetchDebian, fetchedPath } from "./debian_package.ts";
import { onFreePort } from "./free_port.ts";
import { serverUser } from "./postgres_binaries.ts";
import { PATIENCE_MS, waitFor } from "./wait_for.ts";

/** A running PgBouncer. */
export interface PgBouncer extends AsyncDisposable {
  /** Where clients connect to. */
  readonly url: string;
  /** What it has logged so far. */
  logs(): Promise<string>;
}

/** Options of {@link startPgBouncer}. */
export interface PgBouncerOptions {
  /** Connections to the server that all clients share, 20 unless set. */
  readonly poolSize?: number;
  /** Further settings, such as `{ server_reset_query_always: "1" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

// Ends PgBouncer when the process that started it closes the pipe, however that ends.
const SUPERVISOR = `"$@" & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid`;

const runFile = promisify(execFile);

const PGBOUNCER = { name: "pgbouncer", path: "usr/sbin/pgbouncer" };

let found: Promise<string> | undefined;

/** The program: that of the PATH, else Debian's, fetched without installing it. */
function pgBouncer(): Promise<string> {
  return found ??= findPgBouncer();
}

async function findPgBouncer(): Promise<string> {
  const folder = `${tmpdir()}/glam-pgbouncer-program`; // of this one the server's user sees the inside
  const fetched = fetchedPath(PGBOUNCER, folder);
  for (const path of ["pgbouncer", "/usr/sbin/pgbouncer", fetched]) {
    if (await runFile(path, ["--version"]).then(() => true, () => false)) return path;
  }
  try {
    await fetchDebian(PGBOUNCER, folder);
    await runFile(fetched, ["--version"]);
    return fetched;
  } catch (cause) {
    throw new Error("This test needs PgBouncer; to bring it: apt-get install pgbouncer", { cause });
  }
}

/** Starts one in front of the server at `url`, for all of its databases; whoever connects is the user of that URL. */
export async function startPgBouncer(url: string, options: PgBouncerOptions = {}): Promise<PgBouncer> {
  const program = await pgBouncer();
  return await onFreePort((port) => startOn(port, program, new URL(url), options));
}

/** Starts it on this port; `undefined` when the port is taken. */
async function startOn(
  listenPort: number,
  program: string,
  { hostname, port, username, password, pathname }: URL,
  { poolSize = 20, settings = {} }: PgBouncerOptions,
): Promise<PgBouncer | undefined> {
  const database = pathname.slice(1);
  const owner = await serverUser();
  const folder = await mkdtemp(`${tmpdir()}/glam-pgbouncer-`);
  const quote = (text: string) => `'${decodeURIComponent(text).replaceAll("'", "''")}'`;
  const patience = String(PATIENCE_MS / 1000);
  const lines = {
    listen_addr: "127.0.0.1",
    listen_port: String(listenPort),
    auth_type: "any",
    pool_mode: "transaction",
    default_pool_size: String(poolSize),
    max_client_conn: "500",
    client_login_timeout: patience,
    query_wait_timeout: patience,
    server_connect_timeout: patience,
    unix_socket_dir: "",
    logfile: `${folder}/log`,
    ...settings,
  };
  const config = [
    "[databases]",
    `* = host=${hostname} port=${port} user=${quote(username)} password=${quote(password)}`,
    "[pgbouncer]",
    ...Object.entries(lines).map(([name, value]) => `${name} = ${value}`),
  ];
  await writeFile(`${folder}/pgbouncer.ini`, config.join("\n"));
  if (owner !== undefined) {
    await chown(folder, owner.uid, owner.gid);
    await chown(`${folder}/pgbouncer.ini`, owner.uid, owner.gid);
  }
  const child = spawn("sh", ["-c", SUPERVISOR, "sh", program, "-q", `${folder}/pgbouncer.ini`], {
    cwd: folder,
    stdio: ["pipe", "ignore", "ignore"],
    ...owner,
  });
  child.unref();
  (child.stdin as { unref?(): void } | null)?.unref?.();
  const logs = () => readFile(`${folder}/log`, "utf8").catch(() => "");
  const dispose = async () => {
    child.ref();
    const ended = once(child, "exit");
    child.stdin!.end();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const said = await waitFor(async () => /process up|cannot listen|FATAL/.exec(await logs())?.[0]);
  if (said === "process up") {
    return {
      url: `postgres://any@127.0.0.1:${listenPort}/${database}`,
      logs,
      [Symbol.asyncDispose]: dispose,
    };
  }
  const log = await logs();
  await dispose();
  if (said === "FATAL") throw new Error(`PgBouncer did not start\n${log}`);
  return undefined;
}
