import { checkAnswer } from "./_check_answer.ts";
import { resolveDefinition } from "./_resolve_definition.ts";
import type { CallerInputOf } from "./caller_input.ts";
import type {
  CheckedAnswer,
  CheckedBody,
  CheckedParams,
  CheckedRoute,
  GivenMember,
  TextParams,
  TypesFrom,
} from "./checked_definition.ts";
import type { EndpointDefinition, RawAnswer } from "./definition.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointErrorClass } from "./endpoint_error_class.ts";
import type { CursorInput, PageInput } from "./pagination.ts";
import type { EndpointRoute, ParamNames } from "./route.ts";
import type { SchemaLike } from "./schema_like.ts";

/**
 * Defines an HTTP endpoint: one contract for the route with its validation, the OpenAPI document, the typed client and
 * the fakes of tests.
 *
 * The types of the path's parameters come from the route. Exactly one of `data`, `list`, `cursorList`, `plain`, `empty`
 * and `raw` says how the answer is written. What a caller gives is the input of a schema, what handlers and callers hold
 * is its output: dates and big integers go through `isoDate()` and `bigintText()`.
 *
 * @example
 * ```ts
 * import { defineEndpoint } from "@glam/shared/contract";
 * import { NotFoundError } from "@glam/shared/errors";
 * import * as z from "zod";
 *
 * const GetItem = defineEndpoint("GET /items/:id", {
 *   params: z.object({ id: z.uuid() }),
 *   data: z.object({ id: z.uuid(), name: z.string() }),
 *   errors: [NotFoundError],
 *   summary: "One item",
 * });
 * console.log(GetItem.operationId); // get_items_id
 * ```
 *
 * @throws {TypeError} when the definition breaks a rule: another path than its `params` have, no answer or two of them, a
 * body with GET, two errors of one code, an answer that JSON has no image of.
 * @throws {RangeError} when a number is out of its range.
 */
export function defineEndpoint<
  const Route extends EndpointRoute,
  Params extends SchemaLike = never,
  Query extends SchemaLike = never,
  Headers extends SchemaLike = never,
  Cookies extends SchemaLike = never,
  Body extends SchemaLike = never,
  Form extends SchemaLike = never,
  Data extends SchemaLike = never,
  List extends SchemaLike = never,
  CursorList extends SchemaLike = never,
  Plain extends SchemaLike = never,
  Empty extends true = never,
  Raw extends RawAnswer = never,
  const Errors extends readonly EndpointErrorClass[] = readonly [],
>(
  route: Route & CheckedRoute<Route>,
  definition:
    & EndpointDefinition<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Form,
      Data,
      List,
      CursorList,
      Plain,
      Empty,
      Raw,
      Errors
    >
    & CheckedAnswer<
      | GivenMember<Data, "data">
      | GivenMember<List, "list">
      | GivenMember<CursorList, "cursorList">
      | GivenMember<Plain, "plain">
      | GivenMember<
        Empty,
        "empty"
      >
      | GivenMember<Raw, "raw">
    >
    & CheckedParams<Params, ParamNames<Route>>
    & CheckedBody<Route, GivenMember<Body, "body"> | GivenMember<Form, "form">>,
): Endpoint<
  Route,
  TypesFrom<{
    params: [Params] extends [never] ? TextParams<ParamNames<Route>> : Params;
    query: Query;
    headers: Headers;
    cookies: Cookies;
    body: Body;
    form: Form;
    data: Data;
    list: List;
    cursorList: CursorList;
    plain: Plain;
    empty: [Empty] extends [never] ? never : SchemaLike<true>;
    raw: [Raw] extends [never] ? never : SchemaLike<Response>;
    errors: Errors extends readonly [] ? never : SchemaLike<InstanceType<Errors[number]>>;
    takes: SchemaLike<
      CallerInputOf<
        [Params] extends [never] ? TextParams<ParamNames<Route>> : Params,
        Query,
        Headers,
        Cookies,
        Body,
        Form,
        [List] extends [never] ? [CursorList] extends [never] ? never : CursorInput : PageInput
      >
    >;
  }>
> {
  const endpoint = resolveDefinition(route, definition);
  checkAnswer(endpoint);
  return endpoint as never;
}
