/**
 * Starts Postgres servers for tests, on Deno, Bun and Node.
 *
 * A server has a data folder, a socket folder and a port of its own, belongs to a user that is not root, and ends with
 * the process that started it, however that ends.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { chmod, chown, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { onFreePort } from "./free_port.ts";
import { postgresBinaries, serverUser } from "./postgres_binaries.ts";
import { type SupervisedProcess, superviseProcess } from "./supervised_process.ts";
import { waitFor } from "./wait_for.ts";

export { freePort } from "./free_port.ts";

const runFile = promisify(execFile);

/** Options of {@link startPostgres}. */
export interface PostgresServerOptions {
  /** The folder with `postgres` and `initdb`. @default the one that is found */
  readonly binaries?: string;
  /** Settings of postgresql.conf, such as `{ max_connections: "20" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Files to put into the data folder, such as a certificate. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A running Postgres server. */
export interface PostgresServer extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly user: "postgres";
  readonly password: string;
  readonly database: "postgres";
  /** With the password. */
  readonly url: string;
  /** The folder of its Unix socket. */
  readonly socketFolder: string;
  /** What it has logged so far. */
  logs(): Promise<string>;
  /** Kills the server and its backends, as a crash of the machine would. */
  kill9(): Promise<void>;
  /** Suspends every process of the server (SIGSTOP): connections are accepted, and nothing is answered. */
  pause(): Promise<void>;
  /** Continues after `pause()`. */
  resume(): Promise<void>;
  /** Starts the server again on the same port and data, after a fast shutdown where it runs. */
  restart(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const user = "postgres";
const database = "postgres";
const password = "t3st-s3cret/with:@ %25";

// Again and again: what comes before the server listens to signals is lost.
const STOP = `(while kill -INT $pid 2>/dev/null; do sleep 0.2; done) & killer=$!
wait $pid
kill $killer 2>/dev/null`;

/** Starts a server of its own. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const binaries = options.binaries ?? await postgresBinaries();
  const owner = await serverUser();
  const folder = await mkdtemp(`${tmpdir()}/glam-pg-`);
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  const data = `${folder}/data`;
  await copyTemplate(binaries, data);
  for (const [name, content] of Object.entries(options.files ?? {})) {
    await writeFile(`${data}/${name}`, content, { mode: 0o600 });
    if (owner !== undefined) await chown(`${data}/${name}`, owner.uid, owner.gid);
  }
  let port = 0;
  let child: SupervisedProcess | undefined;

  /** Starts it on this port; `false` when the port is taken. */
  async function startOn(free: number): Promise<boolean> {
    port = free;
    // A backend that was starting when the server was killed exits in a moment. Until then no new server can start.
    const outcome = await waitFor(async () => {
      const said = await launch();
      return said === "pre-existing shared memory block" ? undefined : said;
    }, "the last backend of the server before this one ended");
    if (outcome !== "ready" && outcome !== "could not bind") {
      throw new Error(`Postgres did not start\n${await logs()}`);
    }
    return outcome === "ready";
  }

  /** Starts the process. Gives whether it is ready, or the output that it ended with. */
  async function launch(): Promise<string> {
    await rm(`${data}/postmaster.pid`, { force: true });
    const logged = (await logs()).length;
    const settings = Object.entries({ ...SETTINGS, ...options.settings });
    child = superviseProcess({
      folder,
      command: [
        `${binaries}/postgres`,
        ...["-D", data, "-p", String(port), "-k", folder],
        ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      stop: STOP,
      options: owner,
    });
    const outcome = await waitFor(() => outcomeOf(logged), "Postgres started, or said why not");
    if (outcome !== "ready") await end();
    return outcome!;
  }

  /**
   * The server writes to its pid file that it is ready. Without that file, its log tells whether it failed. A client that
   * connects too early also causes a FATAL line, but after the file is written. Lines of backends of the previous server
   * are ignored.
   */
  async function outcomeOf(logged: number): Promise<string | undefined> {
    const log = (await logs()).slice(logged);
    const lines = await readPidFile();
    if (lines[7]?.trim() === "ready") return "ready";
    if (lines.length > 0) return undefined;
    const reasons = [
      /pre-existing shared memory block/,
      /could not bind/,
      /FATAL: +(?! |terminating connection)/,
    ];
    return reasons.map((reason) => reason.exec(log)?.[0]).find((said) => said !== undefined);
  }

  async function readPidFile(): Promise<string[]> {
    const text = await readFile(`${data}/postmaster.pid`, "utf8").catch(() => "");
    return text === "" ? [] : text.split("\n");
  }

  function logs(): Promise<string> {
    return readFile(`${folder}/log`, "utf8").catch(() => "");
  }

  async function signal(name: NodeJS.Signals): Promise<void> {
    const postmaster = Number((await readPidFile())[0]);
    if (!Number.isInteger(postmaster) || postmaster < 2) return;
    // The postmaster first, so that it starts no new backends.
    for (const pid of [postmaster, ...await childrenOf(postmaster)]) {
      try {
        process.kill(pid, name);
      } catch {
        // It ended by itself.
      }
    }
  }

  async function end(): Promise<void> {
    const ended = child;
    child = undefined;
    await ended?.end("keep");
  }

  async function stop(): Promise<void> {
    await signal("SIGCONT");
    await end();
    await rm(folder, { recursive: true, force: true });
  }

  await onFreePort(async (free) => await startOn(free) || undefined);
  return {
    host,
    port,
    user,
    password,
    database,
    url: `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`,
    socketFolder: folder,
    logs,
    async kill9() {
      await signal("SIGKILL");
      await end();
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    async restart() {
      await end();
      // The port is reserved, but another process may be probing it at this moment.
      await waitFor(() => startOn(port), `port ${port} was free again`);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

// Commits must survive `kill9()`, but not a crash of the machine: WAL is written without fsync.
const SETTINGS: Readonly<Record<string, string>> = {
  autovacuum: "off",
  // A backend whose client is gone ends, whatever it does: else one that sleeps keeps others from building an index.
  client_connection_check_interval: "500ms",
  fsync: "off",
  full_page_writes: "off",
  listen_addresses: host,
  log_line_prefix: "%m [%p] ",
  max_connections: "200",
  max_wal_size: "1GB",
  shared_buffers: "64MB",
  timezone: "UTC",
};

async function versionOf(binaries: string): Promise<string> {
  const { stdout } = await runFile(`${binaries}/postgres`, ["--version"]);
  return /\d[\w.]*/.exec(stdout)?.[0] ?? "unknown";
}

// It is a third of a data folder, and no test needs it.
const WITHOUT_TEMPLATE0 = `update pg_database set datistemplate = false where datname = 'template0'
drop database template0
`;

/**
 * A data folder, copied from one that is made once for each user and version: initdb takes a second, a copy 50 ms. It is
 * as small as possible, because copying takes most of the system time.
 */
async function copyTemplate(binaries: string, data: string): Promise<void> {
  const owner = await serverUser();
  const template = `${tmpdir()}/glam-pg-data-${owner?.uid ?? process.getuid?.() ?? "user"}-${await versionOf(
    binaries,
  )}`;
  if (!await stat(`${template}/PG_VERSION`).then(() => true, () => false)) {
    const staging = await mkdtemp(`${tmpdir()}/glam-pg-init-`);
    await chmod(staging, 0o755);
    await writeFile(`${staging}/password`, password);
    await writeFile(`${staging}/sql`, WITHOUT_TEMPLATE0);
    if (owner !== undefined) await chown(staging, owner.uid, owner.gid);
    const made = `${staging}/data`;
    const initdb = ["--pgdata", made, "--username", user, "--encoding", "UTF8", "--locale", "C"];
    initdb.push("--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", `${staging}/password`);
    initdb.push("--no-sync", "--no-instructions", "--wal-segsize", "1");
    await runFile(`${binaries}/initdb`, initdb, { cwd: staging, ...owner });
    const script = `"$1"/postgres --single -F -D "$2" ${database} < "$3"`;
    await runFile("sh", ["-c", script, "sh", binaries, made, `${staging}/sql`], { cwd: staging, ...owner });
    // Another process may have been faster; then its folder is used.
    await rename(made, template).catch(() => {});
    await rm(staging, { recursive: true, force: true });
  }
  await runFile("cp", ["-R", template, data], owner);
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await runFile("ps", ["-A", "-o", "pid=,ppid="]);
  return stdout.trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid).map(([child]) => child!);
}
