/**
 * Contracts of HTTP endpoints: from one object come the route with its validation (`implement` of `@glam/shared/api`), the
 * OpenAPI document, the typed client (`@glam/shared/client`) and the fakes of tests.
 *
 * It needs Zod alone: a package of contracts, and a client of them, never load a server.
 *
 * @example
 * ```ts
 * import { defineEndpoint, isoDate } from "@glam/shared/contract";
 * import { NotFoundError } from "@glam/shared/errors";
 * import * as z from "zod";
 *
 * const Item = z.object({ id: z.uuid(), name: z.string(), created_at: isoDate() });
 *
 * const GetItem = defineEndpoint("GET /items/:id", { data: Item, errors: [NotFoundError] });
 * const ListItems = defineEndpoint("GET /items", { query: z.object({ name: z.string().optional() }), list: Item });
 * console.log(GetItem.path, ListItems.kind); // /items/:id list
 * ```
 *
 * @module
 */

export { bigintText } from "./bigint_text.ts";
export type {
  CallerInput,
  CallerInputOf,
  CallerParts,
  OptionalPart,
  PagingOf,
  QueryPart,
  TextInput,
} from "./caller_input.ts";
export type {
  CheckedAnswer,
  CheckedBody,
  CheckedParams,
  CheckedRoute,
  GivenMember,
  IsUnion,
  TextParams,
  TypesFrom,
} from "./checked_definition.ts";
export { defineEndpoint } from "./define_endpoint.ts";
export {
  type DeprecatedSince,
  type EndpointDefinition,
  type EndpointExample,
  type IdempotencyMode,
  type PageLimits,
  type RawAnswer,
} from "./definition.ts";
export {
  type AnswerKind,
  type AnyEndpoint,
  type Endpoint,
  type EndpointInputs,
  type EndpointTypes,
  type ErrorsOf,
  type TypesOf,
} from "./endpoint.ts";
export { type EndpointErrorClass } from "./endpoint_error_class.ts";
export { file, type FileOptions } from "./file.ts";
export { isErrorOf } from "./is_error_of.ts";
export { isoDate, type TextCodec } from "./iso_date.ts";
export {
  type CursorInput,
  type CursorPagination,
  type Links,
  type PageInput,
  type Pagination,
} from "./pagination.ts";
export {
  type EndpointMethod,
  type EndpointRoute,
  type ParamName,
  type ParamNames,
  type WithoutPattern,
} from "./route.ts";
export { type InputOf, type OutputOf, type SchemaLike } from "./schema_like.ts";
