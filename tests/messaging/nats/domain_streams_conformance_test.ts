import { after } from "node:test";
import { connectNats } from "@glam/shared/messaging";
import { busConformance } from "@glam/shared/testing";
import { itOnDomainStreams, layout } from "../../_support/layout_suite.ts";
import { startNats } from "../../_support/nats_server.ts";

const server = await startNats();
after(() => server.stop());

busConformance({
  it: itOnDomainStreams,
  async create() {
    const bus = await connectNats({ servers: server.url, ...server.account(), streams: layout });
    return { bus, [Symbol.asyncDispose]: () => bus.close() };
  },
});
