/**
 * The HTTP side of a service: one Hono middleware that gives it the fleet's response envelopes, error mapping, ids and
 * tracing, metrics, health and access log, and the helpers that handlers answer with.
 *
 * ```ts
 * import { glamMiddleware, paginated, paginationQuery, success, validate } from "@glam/shared/api";
 * import { NotFoundError } from "@glam/shared/errors";
 * import { Hono } from "hono";
 *
 * const items = ["lipstick", "mascara", "blush"];
 * const app = new Hono();
 * app.use(glamMiddleware({ service: "catalog", app }));
 * app.get("/items", validate("query", paginationQuery()), (c) => {
 *   const { page, limit, offset } = c.req.valid("query");
 *   return paginated(c, items.slice(offset, offset + limit), { page, limit, total: items.length });
 * });
 * app.get("/items/:id", (c) => {
 *   const id = c.req.param("id");
 *   const name = items[Number(id)];
 *   if (name === undefined) throw new NotFoundError(`Item ${id} not found`, { resource: "item", resourceId: id });
 *   return success(c, { id, name });
 * });
 *
 * const response = await app.request("/items/7");
 * console.log(response.status, (await response.json()).error.code); // 404 NOT_FOUND
 * ```
 *
 * @module
 */

export { type ErrorDetail, type ErrorEnvelope, type Meta } from "../errors/envelope.ts";
export { type GlamError } from "../errors/glam_error.ts";
export { type LoggerLike } from "../logging/logger.ts";
export { type PrometheusRegistry } from "../metrics/registry.ts";
export { clientIp } from "./client_ip.ts";
export { type ContextLike, type MatchedRoute, type NextLike } from "./_hono.ts";
export { type HealthCheck, type HealthCheckOptions, type HealthOptions } from "./health_checks.ts";
export { type CheckReport, type HealthReport, type HealthStatus } from "./health_report.ts";
export { type RoutedApp } from "./_method_not_allowed.ts";
export {
  type ApiResponse,
  createResponse,
  type EnvelopeIds,
  type EnvelopeParts,
  errorResponse,
  type PageEnvelope,
  paginatedResponse,
  type SuccessEnvelope,
  successResponse,
} from "./envelope.ts";
export type { DocsExposure, DocsOptions } from "./docs_options.ts";
export { type DescribeMiddleware, describeRoute, type RouteDescription } from "./describe_route.ts";
export {
  type CursorListResult,
  type EndpointArgs,
  type EndpointHandler,
  type EndpointQuery,
  type EndpointResult,
  type HandlerOf,
  type ListResult,
  type OwnQuery,
} from "./endpoint_handler.ts";
export type { EndpointContext } from "./_endpoint_context.ts";
export type { EndpointParts } from "./_endpoint_input.ts";
export type {
  AuthenticationGuard,
  Guard,
  Guards,
  IdempotencyGuard,
  KeyedRequest,
  Principal,
  RateLimitGuard,
  RateLimitStage,
} from "./guards.ts";
export { type GlamMiddleware, glamMiddleware } from "./glam_middleware.ts";
export { notFound, onError } from "./handlers.ts";
export {
  createMemoryIdempotencyStore,
  type MemoryIdempotencyStoreOptions,
} from "./idempotency/create_memory_idempotency_store.ts";
export { type Idempotency, idempotency } from "./idempotency/idempotency.ts";
export type {
  IdempotencyEntry,
  IdempotencyReservation,
  IdempotencyStore,
  KeptAnswer,
  ReservationOptions,
} from "./idempotency/idempotency_store.ts";
export { idempotencyTable } from "./idempotency/idempotency_table.ts";
export type { IdempotencyOptions } from "./idempotency/options.ts";
export {
  type ContextOf,
  type EndpointApp,
  type EndpointMiddleware,
  implement,
  type ImplementOptions,
} from "./implement.ts";
export { openapi, type OpenApiDocument, type OpenApiObject, type OpenApiOptions } from "./openapi.ts";
export type { ErrorOptions, GlamMetricsOptions, GlamOptions } from "./options.ts";
export {
  type CursorQuery,
  cursorQuery,
  type CursorQueryInput,
  type PageQuery,
  type PageQueryInput,
  type PageQueryOptions,
  paginationQuery,
} from "./page_query.ts";
export {
  createLinks,
  createPagination,
  type CursorPageParams,
  type CursorPagination,
  type Links,
  type PageParams,
  type Pagination,
} from "./pagination.ts";
export {
  createMemoryRateLimitStore,
  type MemoryRateLimitStore,
  type MemoryRateLimitStoreOptions,
} from "./rate_limit/create_memory_rate_limit_store.ts";
export {
  createPostgresRateLimitStore,
  type PostgresRateLimitStore,
  type PostgresRateLimitStoreOptions,
  type RateLimitDatabase,
} from "./rate_limit/create_postgres_rate_limit_store.ts";
export type { RateLimitOptions, RateLimitPolicy } from "./rate_limit/options.ts";
export { type RateLimit, rateLimit } from "./rate_limit/rate_limit.ts";
export type {
  RateLimitQuota,
  RateLimitResult,
  RateLimitState,
  RateLimitStore,
} from "./rate_limit/rate_limit_store.ts";
export { rateLimitTable } from "./rate_limit/rate_limit_table.ts";
export { type Reply, reply, type ReplyInit } from "./reply.ts";
export type { RoutesOf } from "./routes_of.ts";
export { created, cursorPage, type JsonResponse, paginated, success, type SuccessInit } from "./respond.ts";
export { envelopeOf, errorEnvelope } from "./schemas.ts";
export {
  validate,
  type ValidateMiddleware,
  type ValidateOptions,
  type ValidationTarget,
} from "./validate.ts";
export type { GlamVariables } from "./variables.ts";
