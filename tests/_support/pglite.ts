/**
 * Databases of PGlite for tests, on Deno, Bun and Node.
 *
 * @module
 */
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { freePort } from "./postgres.ts";

/** A PGlite behind its socket. */
export interface PgliteServer extends AsyncDisposable {
  readonly url: string;
  /** How many connections there have been. */
  readonly connections: number;
}

/** Starts one of its own, with nothing in it. */
export async function startPglite(options: { readonly maxConnections?: number } = {}): Promise<PgliteServer> {
  const parent = await mkdtemp(`${tmpdir()}/glam-pglite-`);
  const folder = `${parent}/data`;
  await copyTemplate(folder);
  const lite = await PGlite.create(folder);
  const port = await freePort();
  const server = new PGLiteSocketServer({ db: lite, port, host: "127.0.0.1", ...options });
  let connections = 0;
  server.addEventListener("connection", () => connections++);
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await lite.close();
      await rm(parent, { recursive: true, force: true });
    },
  };
}

/**
 * Makes `folder` the data folder of a PGlite in which nothing is yet. To make one takes three seconds of a processor,
 * so a run of `deno task test` makes one, and copies it.
 */
export async function copyTemplate(folder: string): Promise<void> {
  const template = process.env["GLAM_PGLITE_TEMPLATE"];
  if (template === undefined) return makeFolder(folder);
  try {
    await cp(template, folder, { recursive: true });
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    await makeFolder(folder);
    const staging = `${template}-${process.pid}`;
    await cp(folder, staging, { recursive: true });
    // Another process may have been faster: then its folder stays.
    await rename(staging, template).catch(() => rm(staging, { recursive: true }));
  }
}

async function makeFolder(folder: string): Promise<void> {
  await (await PGlite.create(folder)).close();
}
