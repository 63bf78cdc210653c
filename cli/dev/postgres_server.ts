import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { connectDatabase, type Database, Migrator } from "../../db/mod.ts";
import { createLogger } from "../../logging/mod.ts";
import { findProgram } from "./find_program.ts";
import { freePort } from "./free_port.ts";
import { type DevServer, startServer } from "./server_process.ts";

const DEBIAN = "/usr/lib/postgresql";
const STOP_MS = 20_000;

/** A Postgres whose data are in the project. */
export interface PostgresServer extends DevServer {
  /** Applies the migrations of the project that are pending, and gives their number. */
  migrate(): Promise<number>;
}

/** The folder with `postgres` and `initdb`, if they are installed. */
export async function findPostgres(): Promise<string | undefined> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const folders = versions.sort((left, right) => Number(right) - Number(left)).map((each) =>
    join(DEBIAN, each, "bin")
  );
  const postgres = await findProgram("postgres", folders);
  return postgres !== undefined && await exists(join(dirname(postgres), "initdb"))
    ? dirname(postgres)
    : undefined;
}

/**
 * Starts Postgres on a free port, with a password that is made with its data: it is a superuser's, and other users of this
 * machine can reach the port. Gives a text instead where `initdb` refuses, as it does for root.
 */
export async function startPostgres(binaries: string, folder: string): Promise<PostgresServer | string> {
  const data = join(folder, "postgres");
  if (!await exists(`${data}.password`)) {
    const problem = await initialize(binaries, data);
    if (problem !== undefined) return problem;
  }
  const password = await readFile(`${data}.password`, "utf8");
  const port = await freePort();
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const silent = createLogger("glam", { sink() {} });
  const database = await connectDatabase({
    url,
    applicationName: "glam dev",
    poolSize: 2,
    lazy: true,
    logger: silent,
  });
  const child = await startServer({
    program: join(binaries, "postgres"),
    args: ["-D", data, "-p", `${port}`, "-h", "127.0.0.1", "-c", "unix_socket_directories="],
    log: `${data}.log`,
    pidFile: join(data, "postmaster.pid"),
    isReady: () => database.ping().then(() => true, () => false),
  });
  return {
    url,
    migrate: () => migrate(database),
    async stop() {
      await database.close();
      await child.stop("SIGINT", STOP_MS); // a fast shutdown, which waits for no client
    },
  };
}

async function migrate(database: Database): Promise<number> {
  if (!await exists("migrations")) return 0;
  return (await new Migrator(database, { allowNewer: true }).up()).length;
}

async function initialize(binaries: string, data: string): Promise<string | undefined> {
  await mkdir(dirname(data), { recursive: true });
  const file = `${data}.new-password`;
  await writeFile(file, randomBytes(18).toString("base64url"), { mode: 0o600 });
  const args = ["-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "-A", "scram-sha-256"];
  const { ending, out } = await runQuietly(join(binaries, "initdb"), [...args, `--pwfile=${file}`]);
  if (ending === 0) {
    await rename(file, `${data}.password`);
    return undefined;
  }
  await rm(file);
  return out.split("\n").find((line) => line.includes("error:")) ?? out;
}

/** Runs a program to its end. */
async function runQuietly(
  program: string,
  args: readonly string[],
): Promise<{ ending: unknown; out: string }> {
  const { execFile } = await import("node:child_process");
  return await new Promise((resolve) => {
    execFile(program, [...args], (error, stdout, stderr) => {
      resolve({ ending: error === null ? 0 : error.code, out: `${stderr}${stdout}`.trim() });
    });
  });
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
