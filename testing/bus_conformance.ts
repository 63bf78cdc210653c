import { consumerConformance } from "./_consumer_conformance.ts";
import { deadLettersConformance } from "./_dead_letters_conformance.ts";
import { contextConformance } from "./_listener_context_conformance.ts";
import { deliveryConformance, type It } from "./_listener_delivery_conformance.ts";
import { flowConformance } from "./_listener_flow_conformance.ts";
import { redeliveryConformance } from "./_listener_redelivery_conformance.ts";
import type { BusUnderTest } from "./_listening.ts";
import { partitionConformance } from "./_partition_conformance.ts";
import { publishConformance } from "./_publish_conformance.ts";
import { retentionConformance } from "./_retention_conformance.ts";
import { requestConformance } from "./_request_conformance.ts";
import { streamConformance } from "./_stream_conformance.ts";

/** Options of {@link busConformance}. */
export interface BusConformanceOptions {
  /** Registers a test: `it` of `node:test`, or a function with its signature. */
  readonly it: It;
  /**
   * Creates a connected bus for one test, on a broker or an account without streams. With `streams`, its events are in the
   * stream that the layout gives to the domain `conformance`.
   */
  readonly create: () => Promise<BusUnderTest>;
}

/**
 * Registers the tests that every `MessageBus` must pass, for publishers, listeners, dead letters and requests.
 *
 * @example
 * ```ts ignore
 * import { it } from "node:test";
 * import { busConformance } from "@glam/shared/testing";
 *
 * busConformance({
 *   it,
 *   async create() {
 *     const bus = await connectMyBroker();
 *     return { bus, [Symbol.asyncDispose]: () => bus.close() };
 *   },
 * });
 * ```
 */
export function busConformance({ it, create }: BusConformanceOptions): void {
  streamConformance(it, create);
  publishConformance(it, create);
  consumerConformance(it, create);
  requestConformance(it, create);
  deliveryConformance(it, create);
  flowConformance(it, create);
  redeliveryConformance(it, create);
  contextConformance(it, create);
  partitionConformance(it, create);
  deadLettersConformance(it, create);
  retentionConformance(it, create);
}
