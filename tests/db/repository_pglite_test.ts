import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { connectDatabase, type Database } from "@glam/shared/db";
import { after, before, describe, it } from "node:test";
import { freePort } from "../_support/postgres.ts";
import { repositoryCore } from "./_repository_core.ts";

describe("on PGlite behind its socket, with one connection", () => {
  let lite: PGlite;
  let server: PGLiteSocketServer;
  let db: Database;

  before(async () => {
    lite = await PGlite.create();
    const port = await freePort();
    server = new PGLiteSocketServer({ db: lite, port, host: "127.0.0.1" });
    await server.start();
    db = await connectDatabase({
      url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
      poolSize: 1,
    });
  });

  after(async () => {
    await db.close();
    await server.stop();
    await lite.close();
  });

  for (const [name, run] of Object.entries(repositoryCore)) {
    it(name, async () => {
      // Its socket does not take a search_path, so there is one schema.
      await db.sql.unsafe("drop schema public cascade; create schema public");
      await run(db);
    });
  }
});
