import type { JsonSchema, SchemaPlace, SchemaUse, SchemaWriter } from "../contract/schema_writer.ts";
import { parametersOf, parsePath } from "../contract/_path.ts";
import { childrenOf, defOf, shapeOf } from "../contract/_zod_def.ts";
import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { EndpointErrorClass } from "../contract/endpoint_error_class.ts";
import type { SchemaLike } from "../contract/schema_like.ts";
import { statusPhrase } from "../errors/status_phrase.ts";
import { errorResponse, OWN_ERRORS, schemaRef, successPhrase } from "./_openapi_components.ts";
import { answerExamples, requestExamples } from "./_openapi_examples.ts";
import type { OpenApiObject } from "./openapi_document.ts";
import { cursorQuery, paginationQuery } from "./page_query.ts";

/** An operation of the document. */
export interface Operation {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly [key: string]: unknown;
}

/** What the guards of an application do to an endpoint. */
export interface OperationGuards {
  /** Names of the security schemes. */
  readonly schemes: readonly string[];
  /** Whether a policy of the rate limit holds. */
  readonly isLimited: boolean;
}

/** The operation of an endpoint. */
export function endpointOperation(
  endpoint: AnyEndpoint,
  { schemes, isLimited }: OperationGuards,
  writer: SchemaWriter,
): Operation {
  const { operationId, summary, description, tags, deprecated, route } = endpoint;
  const place = (part: string, use: SchemaUse): SchemaPlace => ({
    label: `${route}, ${part}`,
    operationId,
    use,
  });
  const parameters = endpointParameters(endpoint, writer, place);
  const requestBody = endpointBody(endpoint, writer, place);
  return {
    operationId,
    summary: summary ?? operationId.replaceAll("_", " "),
    ...description !== undefined && { description },
    ...tags.length > 0 && { tags },
    ...deprecated !== undefined && { deprecated: true },
    ...parameters.length > 0 && { parameters },
    ...requestBody !== undefined && { requestBody },
    responses: {
      ...successes(endpoint, writer, place),
      ...failures(endpoint, schemes.length > 0, isLimited),
    },
    security: securityOf(endpoint, schemes),
    ...endpoint.idempotent !== undefined && { "x-idempotent": endpoint.idempotent.key ?? "required" },
    ...endpoint.response === "unchecked" && { "x-response": "unchecked" },
  };
}

type Place = (part: string, use: SchemaUse) => SchemaPlace;

function endpointParameters(endpoint: AnyEndpoint, writer: SchemaWriter, place: Place): OpenApiObject[] {
  const { params, query, headers, cookies, kind, page, idempotent, path } = endpoint;
  const of = (where: string, part: string, schema: SchemaLike | undefined): OpenApiObject[] =>
    schema === undefined
      ? []
      : writer.members(schema, place(part, "request")).map(([name, isRequired, schema]) =>
        parameter(where, name, isRequired || where === "path", schema)
      );
  const paging = kind === "list"
    ? paginationQuery(page)
    : kind === "cursorList"
    ? cursorQuery(page)
    : undefined;
  const key = idempotent === undefined ? [] : [
    parameter("header", "Idempotency-Key", idempotent.key !== "optional", {
      type: "string",
      minLength: 1,
      maxLength: 255,
      description: "The same for each repetition of one operation",
    }),
  ];
  return [
    ...params === undefined
      ? parametersOf(parsePath(path)).map(({ name }) => parameter("path", name, true, { type: "string" }))
      : of("path", "params", params),
    ...of("query", "query", query),
    ...of("query", "query", paging),
    ...of("header", "headers", headers),
    ...key,
    ...of("cookie", "cookies", cookies),
  ];
}

/** A parameter of a request. */
export function parameter(
  where: string,
  name: string,
  isRequired: boolean,
  given: JsonSchema,
): OpenApiObject {
  const { description, ...schema } = given;
  return {
    name,
    in: where,
    ...(isRequired || where === "path") && { required: true },
    ...typeof description === "string" && { description },
    schema,
  };
}

function endpointBody(endpoint: AnyEndpoint, writer: SchemaWriter, place: Place): OpenApiObject | undefined {
  const { body, form } = endpoint;
  const shown = requestExamples(endpoint);
  if (body !== undefined) {
    const schema = writer.write(body, place("body", "request"));
    return { required: true, content: { "application/json": { schema, ...shown } } };
  }
  if (form === undefined) return undefined;
  const schema = writer.write(form, place("form", "request"));
  return {
    required: true,
    content: Object.fromEntries(formTypes(form).map((type) => [type, { schema, ...shown }])),
  };
}

/** The media types of a form. */
export function formTypes(form: SchemaLike): readonly string[] {
  return holdsFile(form)
    ? ["multipart/form-data"]
    : ["application/x-www-form-urlencoded", "multipart/form-data"];
}

function holdsFile(form: SchemaLike): boolean {
  const isFile = (schema: SchemaLike): boolean => {
    const def = defOf(schema);
    return def?.type === "file" || childrenOf(schema as never).some(([, child]) => isFile(child));
  };
  return Object.values(shapeOf(form) ?? {}).some(isFile);
}

function successes(endpoint: AnyEndpoint, writer: SchemaWriter, place: Place): Record<string, OpenApiObject> {
  const { kind, answer, raw, statuses, location, responseHeaders, idempotent } = endpoint;
  const schema = answer === undefined ? undefined : writer.write(answer, place(kind, "response"));
  const header = (description: string) => ({ description, schema: { type: "string" } });
  const headers = {
    ...kind === "list" || kind === "cursorList"
      ? { Link: header("The pages around this one (RFC 8288)") }
      : {},
    ...location !== undefined && { Location: header("Path of what was made") },
    ...idempotent !== undefined && {
      "Idempotent-Replayed": header("`true`: the answer to the first request with this key"),
    },
    ...Object.fromEntries(Object.entries(responseHeaders).map(([name, text]) => [name, header(text)])),
  };
  const content = raw !== undefined ? { [raw.contentType]: {} } : schema === undefined ? undefined : {
    "application/json": {
      schema: bodySchema(kind, schema),
      ...answerExamples(endpoint),
    },
  };
  const response = {
    ...Object.keys(headers).length > 0 && { headers },
    ...content !== undefined && { content },
  };
  return Object.fromEntries(
    statuses.map((status) => [status, { description: successPhrase(status), ...response }]),
  );
}

/** The body of a success. */
export function bodySchema(kind: AnyEndpoint["kind"], schema: JsonSchema): JsonSchema {
  const meta = schemaRef("Meta");
  if (kind === "plain") return schema;
  if (kind === "data") {
    return { type: "object", required: ["data", "meta"], properties: { data: schema, meta } };
  }
  return {
    type: "object",
    required: ["data", "meta", "pagination", "links"],
    properties: {
      data: { type: "array", items: schema },
      meta,
      pagination: schemaRef(kind === "list" ? "Pagination" : "CursorPagination"),
      links: schemaRef("Links"),
    },
  };
}

/** Errors of the endpoint and of this package, by status. */
function failures(
  endpoint: AnyEndpoint,
  isGuarded: boolean,
  isLimited: boolean,
): Record<string, OpenApiObject> {
  const { params, query, headers, cookies, body, form, kind, auth, scopes, idempotent } = endpoint;
  const takesBody = (body ?? form) !== undefined;
  const isChecked = takesBody || kind === "list" || kind === "cursorList" ||
    [params, query, headers, cookies].some((part) => part !== undefined);
  const own = [
    ...isGuarded && auth !== "none" ? [401] : [],
    ...isGuarded && scopes.length > 0 ? [403] : [],
    ...takesBody ? [413, 415] : [],
    ...isChecked ? [422] : [],
    ...isLimited ? [429] : [],
    500,
  ];
  const codes = new Map<number, { codes: string[]; texts: string[] }>();
  for (const status of own) codes.set(status, { codes: [...OWN_ERRORS[status]!], texts: [] });
  const add = (status: number, code: string, text: string) => {
    const known = codes.get(status);
    if (known === undefined) codes.set(status, { codes: [code], texts: [text] });
    else if (!known.codes.includes(code)) {
      known.codes.push(code);
      known.texts.push(text);
    }
  };
  for (const Class of endpoint.errors) add(Class.status, Class.code, describeError(Class));
  if (idempotent !== undefined) {
    if (idempotent.key !== "optional") add(400, "IDEMPOTENCY_KEY_MISSING", "The key is missing");
    add(400, "IDEMPOTENCY_KEY_INVALID", "The key is no text of 1 to 255 printable characters");
    add(409, "IDEMPOTENCY_IN_PROGRESS", "The first request of this key runs");
    add(409, "IDEMPOTENCY_RESULT_GONE", "It was done, and its answer was too large to be kept");
    add(422, "IDEMPOTENCY_KEY_REUSED", "The key was another request's");
  }
  return Object.fromEntries(
    [...codes].sort(([one], [other]) => one - other).map(([status, { codes, texts }]) => [
      status,
      texts.length === 0 && codes.length === OWN_ERRORS[status]?.length
        ? { $ref: `#/components/responses/Error${status}` }
        : errorResponse(status, codes, texts.length > 0 ? texts.join(". ") : statusPhrase(status)),
    ]),
  );
}

function describeError(Class: EndpointErrorClass): string {
  const { defaultMessage } = Class as { readonly defaultMessage?: string };
  return defaultMessage ?? statusPhrase(Class.status);
}

function securityOf({ auth, scopes }: AnyEndpoint, schemes: readonly string[]): OpenApiObject[] {
  if (auth === "none" || schemes.length === 0) return [];
  return [...schemes.map((name) => ({ [name]: scopes })), ...auth === "optional" ? [{}] : []];
}
