/**
 * Databases of PGlite for tests, on Deno, Bun and Node.
 *
 * @module
 */
import { PGlite } from "@electric-sql/pglite";
import { type EmbeddedPostgres, embeddedPostgres } from "@glam/shared/testing";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";

/** Starts one behind its socket, with nothing in it, that stops with the database that is connected to it. */
export async function startPglite(): Promise<EmbeddedPostgres> {
  const parent = await mkdtemp(`${tmpdir()}/glam-pglite-`);
  const dataDir = `${parent}/data`;
  await copyTemplate(dataDir);
  const server = await embeddedPostgres({ dataDir });
  const close = async () => {
    await server.close();
    await rm(parent, { recursive: true, force: true });
  };
  return { ...server, close, onClose: close, [Symbol.asyncDispose]: close };
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
