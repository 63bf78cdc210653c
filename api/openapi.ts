import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { SchemaLike } from "../contract/schema_like.ts";
import { SchemaWriter } from "../contract/schema_writer.ts";
import { ownComponents } from "./_openapi_components.ts";
import { endpointOperation, type Operation } from "./_openapi_operation.ts";
import { plainOperation } from "./_openapi_plain.ts";
import type { OpenApiDocument, OpenApiObject } from "./openapi_document.ts";
import { healthOperations } from "./_openapi_health.ts";
import { guardsOfApp } from "./_guards_of.ts";
import { documentedRoutes, undocumented } from "./_openapi_routes.ts";
import type { RoutesOf } from "./routes_of.ts";

export type { OpenApiDocument, OpenApiObject } from "./openapi_document.ts";

/** Options of {@link openapi}. */
export interface OpenApiOptions {
  /** Name of the service. */
  readonly title: string;
  /** Version of the service. */
  readonly version: string;
  /** What the service is, in Markdown. */
  readonly description?: string | undefined;
  /**
   * Where the service is: URLs, or objects of OpenAPI.
   * @default the host that the document came from
   */
  readonly servers?: readonly (OpenApiObject | string)[] | undefined;
  /**
   * How callers prove who they are: security schemes of OpenAPI by their names. Each is enough by itself.
   * @default those of `guards.authenticate`, else a bearer token where an endpoint has scopes
   */
  readonly security?: Readonly<Record<string, OpenApiObject>> | undefined;
}

/**
 * The OpenAPI 3.1 document of an application: of its endpoints by their contracts, and of its other routes what `validate`
 * and `describeRoute` know. It describes the wire, and is the same on every runtime and at each call.
 *
 * @example
 * ```ts
 * import { implement, openapi } from "@glam/shared/api";
 * import { defineEndpoint } from "@glam/shared/contract";
 * import { Hono } from "hono";
 * import * as z from "zod";
 *
 * const app = new Hono();
 * implement(app, defineEndpoint("GET /items/:id", { data: z.object({ name: z.string() }) }), () => ({ name: "Lipstick" }));
 *
 * const document = openapi(app, { title: "Catalog", version: "1.0.0" });
 * console.log(Object.keys(document.paths)); // [ "/items/{id}" ]
 * ```
 *
 * @throws {TypeError} when JSON has no image of a schema, two operations have one `operationId`, or an endpoint is mounted
 * under another path than its own.
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function openapi(app: RoutesOf, options: OpenApiOptions): OpenApiDocument {
  const { title, version, description, servers = ["/"], security } = options;
  const routes = documentedRoutes(app);
  const schemes = security ?? defaultSchemes(app, routes);
  const writer = new SchemaWriter();
  // Requests first: what an answer adds to a schema of theirs becomes a schema of its own.
  for (const { endpoint } of routes) {
    const { operationId = "", route = "" } = endpoint ?? {};
    for (const part of ["body", "form"] as const) {
      const schema: SchemaLike | undefined = endpoint?.[part];
      if (schema !== undefined) {
        writer.write(schema, { label: `${route}, ${part}`, operationId, use: "request" });
      }
    }
  }
  const paths: Record<string, Record<string, Operation>> = {};
  const ids = new Map<string, string>();
  const tags = new Set<string>();
  for (const route of routes) {
    const operation = route.endpoint === undefined
      ? plainOperation(route, writer)
      : endpointOperation(route.endpoint, {
        schemes: Object.keys(schemes),
        isLimited: isLimited(app, route.endpoint),
      }, writer);
    const known = ids.get(operation.operationId);
    if (known !== undefined) {
      throw new TypeError(
        `Cannot describe ${route.label}: ${known} has the operationId "${operation.operationId}", too`,
      );
    }
    ids.set(operation.operationId, route.label);
    for (const tag of operation.tags ?? []) tags.add(tag);
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation;
  }
  for (const [path, operation] of healthOperations(app)) {
    if (paths[path]?.["get"] !== undefined) continue;
    (paths[path] ??= {})["get"] = operation;
    for (const tag of operation.tags ?? []) tags.add(tag);
  }
  const byPath = sorted(paths);
  return {
    openapi: "3.1.0",
    info: { title, version, ...description !== undefined && { description } },
    servers: servers.map((server) => typeof server === "string" ? { url: server } : server),
    paths: byPath,
    components: ownComponents(writer, byPath, schemes),
    ...tags.size > 0 && { tags: [...tags].sort().map((name) => ({ name })) },
    "x-undocumented": undocumented(app),
  };
}

const BEARER = { bearer: { type: "http", scheme: "bearer" } };

function defaultSchemes(
  app: RoutesOf,
  routes: ReturnType<typeof documentedRoutes>,
): Readonly<Record<string, OpenApiObject>> {
  const { authenticate } = guardsOfApp(app);
  if (authenticate !== undefined) return authenticate.securitySchemes;
  return routes.some(({ endpoint }) => (endpoint?.scopes.length ?? 0) > 0) ? BEARER : {};
}

function isLimited(app: RoutesOf, endpoint: AnyEndpoint): boolean {
  const { rateLimit } = guardsOfApp(app);
  if (rateLimit === undefined) return (endpoint.rateLimit?.length ?? 0) > 0;
  return rateLimit.holdsFor(endpoint, "address") || rateLimit.holdsFor(endpoint, "caller");
}

/** The same with its members in the order of their names. */
function sorted<Value>(object: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(object).sort(([one], [other]) => one < other ? -1 : 1),
  );
}
