/**
 * A new service that `glam dev` runs, with servers that are installed where the tests say so.
 *
 * @module
 */
import { chmod, chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import assert from "node:assert/strict";
import type { RunningChild } from "../_support/child_process.ts";
import { natsBinary } from "../_support/nats_binary.ts";
import { postgresBinaries, serverUser } from "../_support/postgres_binaries.ts";
import { newService } from "./_new_service.ts";

/** A service to develop. */
export interface DevService extends AsyncDisposable {
  readonly folder: string;
  /** Starts its task `dev`. */
  start(args?: readonly string[], env?: Readonly<Record<string, string>>): RunningChild;
  /** The `PATH` on which Postgres and NATS are installed. */
  readonly withServers: { readonly PATH: string };
  /** Rewrites one of its files. */
  edit(path: string, change: (text: string) => string): Promise<void>;
}

/** Writes the service. */
export async function devService(): Promise<DevService> {
  await using cleanup = new AsyncDisposableStack();
  const service = cleanup.use(await newService("orders"));
  await letIn(service.folder);
  const parent = await mkdtemp(join(tmpdir(), "glam-servers-"));
  cleanup.defer(() => rm(parent, { recursive: true }));
  await installServers(join(parent, "bin"));
  const owned = cleanup.move();
  return {
    folder: service.folder,
    start: (args = [], env = {}) => service.start("dev", args, { env: { PORT: "0", ...env } }),
    withServers: { PATH: `${parent}/bin:${process.env["PATH"]}` },
    async edit(path, change) {
      const file = join(service.folder, path);
      await writeFile(file, change(await readFile(file, "utf8")));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Ends it as Ctrl-C does. */
export async function interrupt(running: RunningChild): Promise<void> {
  running.signal("SIGINT");
  const { code, out, errors } = await running.ended();
  assert.equal(code, 0, out + errors);
}

/** The number of items that the service has counted. */
export async function counted(url: string): Promise<number> {
  const { data } = await (await fetch(`${url}/counts`)).json() as { data: { items: number }[] };
  return data.reduce((sum, { items }) => sum + items, 0);
}

/** A folder for the `PATH` with Postgres and nats-server, as a user who may run them has them. */
async function installServers(folder: string): Promise<void> {
  const [binaries, owner] = [await postgresBinaries(), await serverUser()];
  await mkdir(folder);
  await symlink(await natsBinary(), join(folder, "nats-server"));
  const as = owner === undefined ? "" : `setpriv --reuid ${owner.uid} --regid ${owner.gid} --clear-groups`;
  const give = owner === undefined
    ? ""
    : `for each; do case $each in --pwfile=*) chown ${owner.uid} "\${each#*=}";; esac; done\n`;
  for (const name of ["postgres", "initdb"]) {
    const script = `#!/bin/sh\n${give}exec ${as} '${binaries}/${name}' "$@"\n`;
    await writeFile(join(folder, name), script, { mode: 0o755 });
  }
}

/** Lets the user of the server into the folder of the service. */
async function letIn(folder: string): Promise<void> {
  const owner = await serverUser();
  await mkdir(join(folder, ".data"));
  if (owner === undefined) return;
  await chmod(dirname(folder), 0o755);
  await chown(join(folder, ".data"), owner.uid, owner.gid);
}

/** Where it says that the service is. */
export async function urlOf(running: RunningChild): Promise<string> {
  const said = () => /service +(http:\S+)/.exec(running.errors())?.[1];
  return await running.reaches(said, "it says where the service is") as string;
}
