import { after, it } from "node:test";
import { connectNats } from "@glam/shared/messaging";
import { deadLettersConformance } from "../../testing/_dead_letters_conformance.ts";
import { contextConformance } from "../../testing/_listener_context_conformance.ts";
import { deliveryConformance } from "../../testing/_listener_delivery_conformance.ts";
import { flowConformance } from "../../testing/_listener_flow_conformance.ts";
import { startNats } from "../_support/nats_server.ts";

const server = await startNats();
after(() => server.stop());

async function create() {
  const bus = await connectNats({ servers: server.url, ...server.account() });
  return { bus, [Symbol.asyncDispose]: () => bus.close() };
}
deliveryConformance(it, create);
flowConformance(it, create);
contextConformance(it, create);
deadLettersConformance(it, create);
