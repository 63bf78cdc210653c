/**
 * Starts Postgres servers for tests, on Deno, Bun and Node.
 *
 * A server has a data folder, a socket folder and a port of its own, belongs to a user that is not root, and ends with
 * the process that started it, however that ends.
 *
 * @module
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmod, chown, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { postgresBinaries, serverUser } from "./postgres_binaries.ts";

const runFile = promisify(execFile);

/** Options of {@link startPostgres}. */
export interface PostgresServerOptions {
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
  /** Stops every process of the server in its tracks (SIGSTOP): the port still accepts, and nobody answers. */
  pause(): Promise<void>;
  /** Goes on after `pause()`. */
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

// Ends the server when the process that started it closes the pipe, as it does too when it is killed: then nobody has
// said to keep the data.
const SUPERVISOR = `folder=$1; shift
exec >>"$folder/log" 2>&1
trap '' INT TERM HUP
"$@" & pid=$!
keep=$(cat)
# Again and again: what comes before the server listens to signals is lost.
(while kill -INT $pid 2>/dev/null; do sleep 0.2; done) & killer=$!
wait $pid
kill $killer 2>/dev/null
[ -n "$keep" ] || rm -rf "$folder"`;

/** Starts a server of its own. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const binaries = await postgresBinaries();
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
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const fixed = port !== 0;
    for (let attempt = 1;; attempt++) {
      if (!fixed) port = await freePort();
      await rm(`${data}/postmaster.pid`, { force: true });
      const logged = (await logs()).length;
      child = spawn("sh", [
        "-c",
        SUPERVISOR,
        "sh",
        folder,
        `${binaries}/postgres`,
        "-D",
        data,
        ...["-p", String(port), "-k", folder],
        ...Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([name, value]) => [
          "-c",
          `${name}=${value}`,
        ]),
      ], { cwd: folder, stdio: ["pipe", "ignore", "ignore"], ...owner });
      child.unref();
      (child.stdin as { unref?(): void } | null)?.unref?.();
      if (await isReady(logged)) return;
      await end();
      // A backend that was just being started when the server was killed sees so in a moment.
      const isLeftOver = (await logs()).slice(logged).includes("pre-existing shared memory block");
      if (isLeftOver && attempt < 100) await new Promise((resolve) => setTimeout(resolve, 20));
      else if (fixed || attempt === 3) throw new Error(`Postgres did not start\n${await logs()}`);
    }
  }

  /**
   * Waits until the server says so in its pid file, for at most 30 seconds. Without that file, what it has logged since
   * says whether it gave up; a client that comes too early leaves a FATAL there, too, but later than the file; what
   * a backend says that has lost the server before this one does not count.
   */
  async function isReady(logged: number): Promise<boolean> {
    for (const started = Date.now(); Date.now() - started < 30_000;) {
      const log = (await logs()).slice(logged);
      const lines = await readPidFile();
      if (lines[7]?.trim() === "ready") return true;
      if (/could not bind|FATAL: +(?!terminating connection)/.test(log) && lines.length === 0) return false;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
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
    // The postmaster first, so that it starts no new backends meanwhile.
    for (const pid of [postmaster, ...await childrenOf(postmaster)]) {
      try {
        process.kill(pid, name);
      } catch {
        // It ended by itself.
      }
    }
  }

  /** Closes the pipe, which ends the server, and waits for that. */
  async function end(): Promise<void> {
    const ended = child;
    if (ended === undefined) return;
    child = undefined;
    ended.ref();
    const exit = ended.exitCode !== null || ended.signalCode !== null
      ? Promise.resolve()
      : new Promise<void>((resolve) => ended.once("exit", () => resolve()));
    ended.stdin?.end("keep");
    await exit;
  }

  async function stop(): Promise<void> {
    await signal("SIGCONT");
    await end();
    await rm(folder, { recursive: true, force: true });
  }

  await start();
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
      await start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

// Nothing has to outlive the machine, but what was committed has to outlive `kill9()`: no fsync, yet WAL is written.
const SETTINGS: Readonly<Record<string, string>> = {
  autovacuum_naptime: "1h",
  fsync: "off",
  full_page_writes: "off",
  listen_addresses: host,
  log_line_prefix: "%m [%p] ",
  max_connections: "200",
  shared_buffers: "64MB",
  timezone: "UTC",
};

/** A data folder, copied from one that is made once per user and version: initdb takes a second, a copy 50 ms. */
async function copyTemplate(binaries: string, data: string): Promise<void> {
  const owner = await serverUser();
  const { stdout } = await runFile(`${binaries}/postgres`, ["--version"]);
  const version = /\d[\w.]*/.exec(stdout)?.[0] ?? "unknown";
  const template = `${tmpdir()}/glam-pg-template-${owner?.uid ?? process.getuid?.() ?? "user"}-${version}`;
  if (!await stat(`${template}/PG_VERSION`).then(() => true, () => false)) {
    const staging = await mkdtemp(`${tmpdir()}/glam-pg-init-`);
    await chmod(staging, 0o755);
    if (owner !== undefined) await chown(staging, owner.uid, owner.gid);
    const initdb = ["--pgdata", `${staging}/data`, "--username", user, "--encoding", "UTF8", "--locale", "C"];
    initdb.push("--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", "/dev/stdin");
    initdb.push("--no-sync", "--no-instructions");
    const script = `printf '%s\\n' "$1" > '${staging}/password' && shift && "$@"`;
    initdb[initdb.indexOf("/dev/stdin")] = `${staging}/password`;
    await runFile("sh", ["-c", script, "sh", password, `${binaries}/initdb`, ...initdb], {
      cwd: staging,
      ...owner,
    });
    // Another process may have been faster: then its folder stays.
    await rename(`${staging}/data`, template).catch(() => {});
    await rm(staging, { recursive: true, force: true });
  }
  await runFile("cp", ["-R", template, data], owner);
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await runFile("ps", ["-A", "-o", "pid=,ppid="]);
  return stdout.trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid).map(([child]) => child!);
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
