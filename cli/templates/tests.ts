import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";

/** The tests of a new service. */
export function testFiles({ name }: Scaffold): ScaffoldFiles {
  return {
    "tests/items_test.ts": `import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectDatabase, Migrator } from "@glam/shared/db";
import { createMemoryBus, createOutbox } from "@glam/shared/messaging";
import { embeddedPostgres } from "@glam/shared/testing";
import { createApp } from "../app.ts";
import { createCounter } from "../listener.ts";

/** The service without a socket, on a database and a bus of its own. */
async function start() {
  const postgres = await embeddedPostgres({
    template: ".data/empty_postgres.tar.gz", // made by the first run, which takes longer
  });
  const database = await connectDatabase(postgres);
  await new Migrator(database, {
    migrations: new URL("../migrations", import.meta.url),
  }).up();
  const bus = createMemoryBus();
  const outbox = createOutbox(database, {
    service: "${name}",
    pollMs: 10,
  });
  const relay = outbox.relay(bus);
  const counter = createCounter(bus, database);
  await Promise.all([relay.start(), counter.start()]);
  return {
    app: createApp({ database, outbox }),
    async [Symbol.asyncDispose]() {
      await counter.stop();
      await relay.stop();
      await bus.close();
      await database.close();
    },
  };
}

function post(body: unknown): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
}

describe("${name}", () => {
  // One for all tests, because an embedded Postgres takes seconds to start.
  let service: Awaited<ReturnType<typeof start>>;
  before(async () => {
    service = await start();
  });
  after(() => service[Symbol.asyncDispose]());

  async function counted(): Promise<number> {
    const { data } = await (await service.app.request("/counts")).json();
    return data.reduce(
      (sum: number, day: { items: number }) => sum + day.items,
      0,
    );
  }

  it("counts each item by the event that was published with it", async () => {
    const earlier = await counted();
    for (const name of ["Lipstick", "Mascara"]) {
      await service.app.request("/items", post({ name }));
    }
    const until = Date.now() + 60_000;
    while ((await counted()) < earlier + 2 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(await counted(), earlier + 2);
  });

  it("creates an item, and gives it back", async () => {
    const response = await service.app.request(
      "/items",
      post({ name: "Lipstick" }),
    );
    assert.equal(response.status, 201);
    const { data } = await response.json();
    const location = response.headers.get("Location") ?? "";
    const again = await service.app.request(location);
    assert.deepEqual((await again.json()).data, data);
  });

  it("refuses an item without a name, and knows none that is not there", async () => {
    assert.equal(
      (await service.app.request("/items", post({ name: "" }))).status,
      422,
    );
    assert.equal(
      (await service.app.request(\`/items/\${crypto.randomUUID()}\`)).status,
      404,
    );
  });
});
`,
  };
}
