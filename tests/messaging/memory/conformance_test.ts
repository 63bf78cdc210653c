import { it } from "node:test";
import { createManualClock, createMemoryBus } from "@glam/shared/messaging";
import { busConformance } from "@glam/shared/testing";

busConformance({
  it,
  create() {
    const clock = createManualClock();
    const bus = createMemoryBus({ clock });
    return Promise.resolve({ bus, advance: clock.advance, [Symbol.asyncDispose]: () => bus.close() });
  },
});
