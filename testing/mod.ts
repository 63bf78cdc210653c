/**
 * Support for tests: an embedded Postgres and callers with tokens for a service, and the conformance suite for a
 * `MessageBus`.
 *
 * ```ts ignore
 * import { it } from "node:test";
 * import { createManualClock, createMemoryBus } from "@glam/shared/messaging";
 * import { busConformance } from "@glam/shared/testing";
 *
 * busConformance({
 *   it,
 *   create() {
 *     const clock = createManualClock();
 *     const bus = createMemoryBus({ clock });
 *     return Promise.resolve({ bus, advance: clock.advance, [Symbol.asyncDispose]: () => bus.close() });
 *   },
 * });
 * ```
 *
 * @module
 */

export { busConformance, type BusConformanceOptions } from "./bus_conformance.ts";
export {
  type EmbeddedPostgres,
  embeddedPostgres,
  type EmbeddedPostgresOptions,
} from "./embedded_postgres.ts";
export type { It } from "./_listener_delivery_conformance.ts";
export type { BusUnderTest } from "./_listening.ts";
export { type TestIdentity, testIdentity, type TestIdentityOptions } from "./test_identity.ts";
