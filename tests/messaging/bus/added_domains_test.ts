import assert from "node:assert/strict";
import { after, it } from "node:test";
import {
  connectNats,
  createMemoryBus,
  createPublisher,
  defineEvent,
  domainStreams,
  ensureStreams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";

const server = await startNats();
after(() => server.stop());

const schema = z.object({ n: z.int() });
const Placed = defineEvent("evt.shop.order.placed.v1", schema);
const Counted = defineEvent("evt.stock.item.counted.v1", schema);
const streams = domainStreams(["shop"]);

it("many events of a new domain add it once", async () => {
  await using memory = createMemoryBus({ streams });
  await ensureStreams(memory);
  let ensured = 0;
  const bus = new Proxy(memory, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (key === "ensureStream") ensured++;
        return value.apply(target, args);
      };
    },
  });
  const publisher = createPublisher(bus, { service: "test" });
  await publisher.publish(Placed, { n: 0 });
  const before = ensured;
  const data = Array.from({ length: 200 }, (_, n) => ({ n }));
  assert.equal((await publisher.publishMany(Counted, data)).length, 200);
  // Each stream of the layout once more, and the domain.
  assert.equal(ensured - before, 4);
});

it("no domain is lost when services add theirs at the same moment", async () => {
  const account = server.account();
  await using buses = new AsyncDisposableStack();
  const domains = Array.from({ length: 8 }, (_, i) => `domain-${i}`);
  const adders = await Promise.all(domains.map(async (domain) => {
    const bus = buses.use(await connectNats({ servers: server.url, ...account, streams }));
    await ensureStreams(bus);
    return { bus, event: defineEvent(`evt.${domain}.done.v1`, schema) };
  }));
  await Promise.all(
    adders.map(({ bus, event }) => createPublisher(bus, { service: "test" }).publish(event, { n: 1 })),
  );
  const { subjects } = (await adders[0]!.bus.streamInfo("GLAM_EVENTS"))!.config;
  for (const domain of domains) assert.ok(subjects.includes(`evt.${domain}.>`), domain);
});
