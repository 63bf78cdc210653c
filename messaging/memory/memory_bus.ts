import type { Clock } from "../bus/clock.ts";
import type { StreamLayout } from "../bus/domain_streams.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import type { FleetStreamLimits } from "../bus/stream_limits.ts";

/** Options of `createMemoryBus`. */
export interface MemoryBusOptions {
  /**
   * Clock of the bus and of everything that uses it; `createManualClock()` lets a test skip time.
   * @default the system clock
   */
  readonly clock?: Clock | undefined;
  /**
   * Size of the largest message in bytes, headers included, from 1.
   * @default 1048576
   */
  readonly maxPayloadBytes?: number | undefined;
  /**
   * Limits of the fleet's streams, or a layout of `domainStreams`.
   * @default 24 hours and 1,000,000 messages, for dead letters 168 hours and 100,000 messages
   */
  readonly streams?: FleetStreamLimits | StreamLayout | undefined;
}

/** A bus in the memory of this process. */
export interface MemoryBus extends MessageBus {
  /** Simulates a lost connection, until {@link MemoryBus.restore}. */
  interrupt(): void;
  /** Ends the simulated loss. Stored messages are still there. */
  restore(): void;
}
