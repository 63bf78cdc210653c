/**
 * Finds the programs of a Postgres server: those that `deno task test` found, on the PATH, Debian's, or from npm.
 *
 * @module
 */
import { access, readdir, readFile, realpath } from "node:fs/promises";
import { dirname } from "node:path";

const HOW_TO_GET_IT = "This test needs Postgres; to bring it: deno run -A scripts/tools.ts";

/** The user that a server runs as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

let found: Promise<string> | undefined;

/** The folder with `postgres` and `initdb`. */
export function postgresBinaries(): Promise<string> {
  return found ??= findPostgres().then((folder) => folder ?? fetchPostgres());
}

/** The folder with `postgres` and `initdb` on this machine, where there is one. */
export async function findPostgres(): Promise<string | undefined> {
  for (const folder of await candidates()) {
    if (await isExecutable(`${folder}/initdb`)) return folder;
  }
  return undefined;
}

/** From npm, where the tests run in the checkout and on Deno. */
async function fetchPostgres(): Promise<string> {
  if (!("Deno" in globalThis)) throw new Error(HOW_TO_GET_IT);
  try {
    const scripts: string = new URL("../../scripts/tools.ts", import.meta.url).href;
    return await (await import(scripts)).postgres();
  } catch (cause) {
    throw new Error(HOW_TO_GET_IT, { cause });
  }
}

async function candidates(): Promise<string[]> {
  const given = process.env["GLAM_POSTGRES_BIN"];
  if (given !== undefined && given !== "") return [given];
  const onPath = await Promise.all(
    (process.env["PATH"] ?? "").split(":").map(async (folder) => {
      const path = await realpath(`${folder}/postgres`).catch(() => undefined);
      return path === undefined ? [] : [dirname(path)];
    }),
  );
  const installed = await readdir("/usr/lib/postgresql").catch(() => []);
  const newestFirst = installed.sort((left, right) => Number(right) - Number(left));
  return [...onPath.flat(), ...newestFirst.map((version) => `/usr/lib/postgresql/${version}/bin`)];
}

/** Postgres refuses to run as root: then it is `postgres` where there is such a user, else `nobody`. */
export async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const [, , uid, gid] = users.find(([name]) => name === "postgres") ??
    users.find(([name]) => name === "nobody") ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error("Postgres needs a user other than root to run as");
  }
  return { uid: Number(uid), gid: Number(gid) };
}

function isExecutable(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
