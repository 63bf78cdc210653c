/**
 * Typed clients of other services, made of their contracts: deadlines that span services, errors as their classes, retries
 * within a budget, a circuit breaker, pages to walk, and fakes for tests.
 *
 * @example
 * ```ts
 * import { createServiceClient } from "@glam/shared/client";
 * import { defineEndpoint } from "@glam/shared/contract";
 * import { NotFoundError } from "@glam/shared/errors";
 * import * as z from "zod";
 *
 * const GetItem = defineEndpoint("GET /items/:id", { data: z.object({ name: z.string() }), errors: [NotFoundError] });
 *
 * await using catalog = createServiceClient({
 *   service: "catalog",
 *   endpoints: { GetItem },
 *   fakes: { // in a test; a service gives a `baseUrl`
 *     GetItem() {
 *       throw new NotFoundError("No such item");
 *     },
 *   },
 * });
 * const missing = await catalog.GetItem({ params: { id: "7" } }).catch((error) => error);
 * console.log(missing instanceof NotFoundError); // true
 * ```
 *
 * @module
 */

export { type LogFields, type LoggerLike } from "../logging/logger.ts";
export { type Metrics } from "../metrics/create_metrics.ts";
export { createServiceClient } from "./create_service_client.ts";
export {
  type BreakerOptions,
  type FakeArgs,
  type FakeResult,
  type Fakes,
  type HeadersSource,
  type RetryBudgetOptions,
  type RetryPolicy,
  type ServiceClientOptions,
  type Transport,
} from "./options.ts";
export {
  type CallArgs,
  type CallOptions,
  type CallResult,
  type EndpointCall,
  type Endpoints,
  type ListCalls,
  type ListPage,
  type RawResult,
  type ServiceClient,
  type ServiceClientLifetime,
} from "./service_client.ts";
