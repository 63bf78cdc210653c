import type { StreamLayout } from "./domain_streams.ts";
import type { MessageBus } from "./message_bus.ts";
import type { FleetStreamLimits } from "./stream_limits.ts";

const layouts = new WeakMap<MessageBus, FleetStreamLimits | StreamLayout>();

/** The layout that `ensureStreams` was given last for this bus, else the one that the bus was created with. */
export function layoutOf(bus: MessageBus): FleetStreamLimits | StreamLayout | undefined {
  return layouts.get(bus) ?? bus.streams;
}

/** Remembers the layout that `ensureStreams` was given. */
export function rememberLayout(bus: MessageBus, layout: FleetStreamLimits | StreamLayout): void {
  layouts.set(bus, layout);
}
