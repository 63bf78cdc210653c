import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { after, before, describe, it } from "node:test";
import { startFleet } from "../_support/fleet_example.ts";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase } from "../_support/postgres.ts";
import { IMPATIENT, tellStory } from "./_fleet_story.ts";

const root = new URL("../../", import.meta.url);

/** On Deno, exactly the permissions that docs/service.md names for a service in this situation. */
async function options(cwd: string, situation: string): Promise<{ cwd: string; flags?: string[] }> {
  if (!("Deno" in globalThis)) return { cwd };
  const page = await readFile(new URL("docs/service.md", root), "utf8");
  const line = new RegExp(`^(deno run .*) # .*${situation}`, "m").exec(page)![1]!;
  const flags = line.split(" ").filter((word) => word.startsWith("-"));
  const own = flags.map((flag) => flag === "--allow-read=." ? `--allow-read=${root.pathname}examples` : flag);
  return { cwd, flags: own };
}

describe("the fleet as a process", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(`${tmpdir()}/glam-fleet-`);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("orders, pays, cancels and gives credits back, in one process without a server", async () => {
    await using fleet = startFleet(IMPATIENT, await options(folder, "embedded Postgres"));
    await tellStory(fleet);
  });

  it("does the same on a Postgres and a NATS", async () => {
    await using nats = await startNats({ accounts: false });
    await using credits = await createTestDatabase();
    await using orders = await createTestDatabase();
    const variables = {
      ...IMPATIENT,
      DATABASE_URL: credits.url,
      NATS_SERVERS: nats.url,
      CREDITS_DATABASE__SCHEMA: credits.schema,
      ORDERS_DATABASE__SCHEMA: orders.schema,
    };
    await using fleet = startFleet(variables, await options(folder, "on servers"));
    await tellStory(fleet);
  });
});
