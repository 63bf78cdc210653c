import { createManualClock, createMemoryBus } from "@glam/shared/messaging";
import { busConformance } from "@glam/shared/testing";
import { itOnDomainStreams, layout } from "../../_support/layout_suite.ts";

busConformance({
  it: itOnDomainStreams,
  create() {
    const clock = createManualClock();
    const bus = createMemoryBus({ clock, streams: layout });
    return Promise.resolve({ bus, advance: clock.advance, [Symbol.asyncDispose]: () => bus.close() });
  },
});
