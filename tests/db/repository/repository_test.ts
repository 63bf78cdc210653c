import { it } from "node:test";
import { createTestDatabase } from "../../_support/postgres.ts";
import { repositoryCore } from "./_core.ts";

for (const [name, run] of Object.entries(repositoryCore)) {
  it(name, async () => {
    await using db = await createTestDatabase();
    await run(db);
  });
}
