/**
 * Databases of PGlite for tests, on Deno, Bun and Node.
 *
 * @module
 */
import { PGlite } from "@electric-sql/pglite";
import { type EmbeddedPostgres, embeddedPostgres } from "@glam/shared/testing";
import { execFile } from "node:child_process";
import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { promisify } from "node:util";

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
 * Makes `folder` the data folder of an empty PGlite. Creating one takes three seconds of CPU time, so a run of
 * `deno task test` creates one and copies it.
 */
export async function copyTemplate(folder: string): Promise<void> {
  const template = process.env["GLAM_PGLITE_TEMPLATE"];
  if (template === undefined) return makeFolder(folder);
  if (!await stat(template).then(() => true, () => false)) {
    const staging = `${template}-${process.pid}`;
    await makeFolder(staging);
    // Another process may have been faster; then its folder is used.
    await rename(staging, template).catch(() => rm(staging, { recursive: true }));
  }
  // The system's command takes a third of the time of a runtime's `cp`.
  await promisify(execFile)("cp", ["-R", template, folder]);
}

async function makeFolder(folder: string): Promise<void> {
  const pglite = await PGlite.create(folder);
  // The template databases are two thirds of a data folder, and no test creates a database.
  await pglite.exec("update pg_database set datistemplate = false");
  for (const name of ["template0", "template1"]) await pglite.exec(`drop database ${name}`);
  await pglite.close();
}
