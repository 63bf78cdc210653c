import { after, it } from "node:test";
import { connectNats } from "@glam/shared/messaging";
import { busConformance } from "@glam/shared/testing";
import { startNats } from "../../_support/nats_server.ts";

const server = await startNats();
after(() => server.stop());

busConformance({
  it,
  async create() {
    const bus = await connectNats({ servers: server.url, ...server.account() });
    return { bus, [Symbol.asyncDispose]: () => bus.close() };
  },
});
