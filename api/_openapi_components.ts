import type { JsonSchema, SchemaWriter } from "../contract/schema_writer.ts";
import { statusPhrase } from "../errors/status_phrase.ts";
import type { OpenApiObject } from "./openapi_document.ts";

/** Answers of this package itself, by status, with their codes. */
export const OWN_ERRORS: Readonly<Record<number, readonly string[]>> = {
  401: ["UNAUTHORIZED"],
  403: ["FORBIDDEN"],
  413: ["HTTP_413"],
  415: ["HTTP_415"],
  422: ["VALIDATION_ERROR"],
  429: ["RATE_LIMITED"],
  500: ["INTERNAL_ERROR", "CONTRACT_ERROR"],
};

const SUCCESSES: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
};

/** What a status of a success means. */
export function successPhrase(status: number): string {
  return SUCCESSES[status] ?? "Success";
}

/** A reference to a schema of the document. */
export function schemaRef(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** What operations have in common, as far as they refer to it. */
export function ownComponents(
  writer: SchemaWriter,
  paths: OpenApiObject,
  securitySchemes: Readonly<Record<string, OpenApiObject>>,
): OpenApiObject {
  const shared: Readonly<Record<string, OpenApiObject>> = {
    ...Object.fromEntries(
      Object.entries(OWN_ERRORS).map(([status, codes]) => [
        `responses/Error${status}`,
        errorResponse(Number(status), codes, statusPhrase(Number(status))),
      ]),
    ),
    ...toSchemas(Object.entries(SCHEMAS)),
    ...toSchemas(writer.components),
  };
  const used = new Map<string, OpenApiObject>();
  const visit = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    for (const key in value) {
      const each = (value as Record<string, unknown>)[key];
      if (key !== "$ref" || typeof each !== "string") {
        visit(each);
        continue;
      }
      const name = each.slice("#/components/".length);
      const component = shared[name];
      if (component === undefined || used.has(name)) continue;
      used.set(name, component);
      visit(component);
    }
  };
  visit(paths);
  return {
    schemas: namesOf(used, "schemas"),
    responses: namesOf(used, "responses"),
    ...Object.keys(securitySchemes).length > 0 && { securitySchemes },
  };
}

function toSchemas(schemas: Iterable<readonly [string, JsonSchema]>): Record<string, JsonSchema> {
  return Object.fromEntries([...schemas].map(([name, schema]) => [`schemas/${name}`, schema]));
}

/** The components of one kind, by their names and sorted by them. */
function namesOf(components: ReadonlyMap<string, OpenApiObject>, kind: string): OpenApiObject {
  return Object.fromEntries(
    [...components].filter(([name]) => name.startsWith(`${kind}/`)).map(([name, component]) =>
      [name.slice(kind.length + 1), component] as const
    ).sort(([one], [other]) => one < other ? -1 : 1),
  );
}

/** An error answer of one status, with one or several codes. */
export function errorResponse(status: number, codes: readonly string[], description: string): OpenApiObject {
  const envelopes = codes.map((code) => ({
    type: "object",
    required: ["error", "meta"],
    properties: {
      error: {
        type: "object",
        required: ["code", "message"],
        properties: {
          code: { type: "string", const: code },
          message: { type: "string" },
          details: status === 422 && code === "VALIDATION_ERROR" ? VALIDATION_DETAILS : { type: "object" },
        },
      },
      meta: schemaRef("Meta"),
    },
  }));
  return {
    description,
    ...status === 429 && { headers: RATE_LIMIT_HEADERS },
    content: {
      "application/json": { schema: envelopes.length === 1 ? envelopes[0] : { oneOf: envelopes } },
      "application/problem+json": { schema: schemaRef("Problem") },
    },
  };
}

const RATE_LIMIT_HEADERS: OpenApiObject = {
  "RateLimit": {
    description: "For each policy the units that are left (r) and for how many seconds (t)",
    schema: { type: "string" },
  },
  "RateLimit-Policy": {
    description: "For each policy the units (q) in a window of so many seconds (w)",
    schema: { type: "string" },
  },
  "Retry-After": { description: "Seconds to wait", schema: { type: "integer", minimum: 0 } },
};

const VALIDATION_DETAILS: JsonSchema = {
  type: "object",
  properties: { validation_errors: { type: "array", items: schemaRef("ValidationIssue") } },
};

const text = { type: "string" };
const count = { type: "integer", minimum: 0 };

const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Meta: {
    type: "object",
    description: "Which request an answer belongs to, and when it was given",
    required: ["request_id", "correlation_id", "timestamp"],
    properties: {
      request_id: text,
      correlation_id: text,
      timestamp: { type: "string", format: "date-time" },
    },
  },
  HealthReport: {
    type: "object",
    description: "State of the service, and of what it depends on",
    required: ["status", "service", "timestamp"],
    properties: {
      status: schemaRef("HealthStatus"),
      service: text,
      version: text,
      timestamp: { type: "string", format: "date-time" },
      checks: {
        type: "object",
        additionalProperties: {
          type: "object",
          required: ["status", "latency_ms"],
          properties: { status: schemaRef("HealthStatus"), latency_ms: { type: "number", minimum: 0 } },
        },
      },
    },
  },
  HealthStatus: { type: "string", enum: ["degraded", "healthy", "unhealthy"] },
  ValidationIssue: {
    type: "object",
    description: "One rule that a request breaks",
    required: ["field", "message", "type"],
    properties: { field: text, message: text, type: text },
  },
  Problem: {
    type: "object",
    description: "An error as a problem document (RFC 9457)",
    required: ["type", "title", "status", "code"],
    properties: {
      type: text,
      title: text,
      status: { type: "integer" },
      detail: text,
      instance: text,
      code: text,
      request_id: text,
      correlation_id: text,
      timestamp: { type: "string", format: "date-time" },
      errors: { type: "array", items: schemaRef("ValidationIssue") },
      "violated-policies": { type: "array", items: text },
    },
  },
  Pagination: {
    type: "object",
    description: "Where a page is in a list that is counted",
    required: ["page", "limit", "total", "pages", "has_next", "has_previous"],
    properties: {
      page: { type: "integer", minimum: 1 },
      limit: { type: "integer", minimum: 1 },
      total: count,
      pages: count,
      has_next: { type: "boolean" },
      has_previous: { type: "boolean" },
    },
  },
  CursorPagination: {
    type: "object",
    description: "Where a page is in a list that is walked by cursors",
    required: ["limit", "has_next", "has_previous"],
    properties: {
      limit: { type: "integer", minimum: 1 },
      has_next: { type: "boolean" },
      has_previous: { type: "boolean" },
      next_cursor: text,
      previous_cursor: text,
    },
  },
  Links: {
    type: "object",
    description: "Path-absolute URLs of the pages around one",
    required: ["self"],
    properties: { self: text, next: text, previous: text, first: text, last: text },
  },
};
