import type { JsonSchema, SchemaPlace, SchemaUse, SchemaWriter } from "../contract/schema_writer.ts";
import type { SchemaLike } from "../contract/schema_like.ts";
import { statusPhrase } from "../errors/status_phrase.ts";
import { errorResponse, OWN_ERRORS, successPhrase } from "./_openapi_components.ts";
import { bodySchema, formTypes, type Operation, parameter } from "./_openapi_operation.ts";
import type { DocumentedRoute } from "./_openapi_routes.ts";
import type { OpenApiObject } from "./openapi_document.ts";
import type { RouteDescription } from "./route_description.ts";

const PARAMETERS = { cookie: "cookie", header: "header", param: "path", query: "query" } as const;

/** The operation of a route without a contract: what `validate` checks and `describeRoute` says. */
export function plainOperation(
  { label, method, names, metas }: DocumentedRoute,
  writer: SchemaWriter,
): Operation {
  const described: RouteDescription = Object.assign({}, ...metas.map(({ description }) => description));
  const {
    operationId = `${method} ${label.slice(method.length)}`.match(/[A-Za-z0-9]+/g)!.join("_").toLowerCase(),
    summary = label,
    description,
    tags,
    deprecated,
  } = described;
  const place = (part: string, use: SchemaUse): SchemaPlace => ({
    label: `${label}, ${part}`,
    operationId,
    use,
  });
  const checks = metas.flatMap(({ validates }) => validates ?? []);
  const parameters = new Map(
    names.map((name) => [`path ${name}`, parameter("path", name, true, { type: "string" })]),
  );
  for (const { target, schema } of checks) {
    const where = PARAMETERS[target as keyof typeof PARAMETERS];
    if (where === undefined) continue;
    for (const [name, isRequired, member] of writer.members(schema, place(target, "request"))) {
      parameters.set(`${where} ${name}`, parameter(where, name, isRequired, member));
    }
  }
  const bodies = checks.filter(({ target }) => target === "json" || target === "form");
  return {
    operationId,
    summary,
    ...description !== undefined && { description },
    ...tags !== undefined && { tags },
    ...deprecated && { deprecated: true },
    ...parameters.size > 0 && { parameters: [...parameters.values()] },
    ...bodies.length > 0 && { requestBody: plainBody(bodies, writer, place) },
    responses: {
      ...plainSuccess(described, writer, place),
      ...plainFailures(described, [
        ...bodies.length > 0 ? [413, 415] : [],
        ...checks.length > 0 ? [422] : [],
        500,
      ]),
    },
    security: [], // nobody authenticates the callers of a plain route
  };
}

type Place = (part: string, use: SchemaUse) => SchemaPlace;

function plainBody(
  bodies: readonly { readonly target: string; readonly schema: SchemaLike }[],
  writer: SchemaWriter,
  place: Place,
): OpenApiObject {
  const { target } = bodies[0]!;
  const same = bodies.filter((body) => body.target === target).map(({ schema }) => schema);
  const types = target === "json" ? ["application/json"] : formTypes(same.at(-1)!);
  const schema = merged(same.map((each) => writer.write(each, place(target, "request"))));
  return { required: true, content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}

/** Several schemas of one body: all of them hold. */
function merged(schemas: readonly JsonSchema[]): JsonSchema {
  return schemas.length === 1 ? schemas[0]! : { allOf: schemas };
}

function plainSuccess(
  { status = 200, data, plain }: RouteDescription,
  writer: SchemaWriter,
  place: Place,
): OpenApiObject {
  const schema = data ?? plain;
  const body = schema && bodySchema(
    data === undefined ? "plain" : "data",
    writer.write(schema, place("data", "response")),
  );
  return {
    [status]: {
      description: successPhrase(status),
      ...body !== undefined && { content: { "application/json": { schema: body } } },
    },
  };
}

/** Errors that were described, and those of this package. */
function plainFailures({ errors = [] }: RouteDescription, own: readonly number[]): OpenApiObject {
  const codes = new Map<number, Set<string>>();
  for (const { status, code } of errors) {
    codes.set(
      status,
      (codes.get(status) ?? new Set(own.includes(status) ? OWN_ERRORS[status] : [])).add(code),
    );
  }
  const statuses = [...new Set([...codes.keys(), ...own])].sort((one, other) => one - other);
  return Object.fromEntries(
    statuses.map((status) => {
      const known = codes.get(status);
      return [
        status,
        known === undefined
          ? { $ref: `#/components/responses/Error${status}` }
          : errorResponse(status, [...known], statusPhrase(status)),
      ];
    }),
  );
}
