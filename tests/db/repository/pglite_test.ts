import { connectDatabase, type Database } from "@glam/shared/db";
import { after, before, describe, it } from "node:test";
import { startPglite } from "../../_support/pglite.ts";
import { PATIENT } from "../../_support/postgres.ts";
import { repositoryCore } from "./_core.ts";

describe("on PGlite behind its socket, with one connection", () => {
  let db: Database;

  before(async () => {
    db = await connectDatabase({ ...PATIENT, ...await startPglite() });
  });

  after(() => db.close());

  for (const [name, run] of Object.entries(repositoryCore)) {
    it(name, async () => {
      // Its socket does not take a search_path, so there is one schema.
      await db.sql.unsafe("drop schema public cascade; create schema public");
      await run(db);
    });
  }
});
