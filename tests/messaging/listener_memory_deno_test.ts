import { it } from "node:test";
import { createManualClock, createMemoryBus } from "@glam/shared/messaging";
import { deadLettersConformance } from "../../testing/_dead_letters_conformance.ts";
import { contextConformance } from "../../testing/_listener_context_conformance.ts";
import { deliveryConformance } from "../../testing/_listener_delivery_conformance.ts";
import { flowConformance } from "../../testing/_listener_flow_conformance.ts";

function create() {
  const clock = createManualClock();
  const bus = createMemoryBus({ clock });
  return Promise.resolve({ bus, advance: clock.advance, [Symbol.asyncDispose]: () => bus.close() });
}
deliveryConformance(it, create);
flowConformance(it, create);
contextConformance(it, create);
deadLettersConformance(it, create);
