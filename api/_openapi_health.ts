import { schemaRef } from "./_openapi_components.ts";
import type { Operation } from "./_openapi_operation.ts";
import type { RoutesOf } from "./routes_of.ts";
import { metaOf } from "./_route_meta.ts";

/** The operations that the middleware of an application answers itself, by path. */
export function healthOperations({ routes }: RoutesOf): ReadonlyMap<string, Operation> {
  const operations = new Map<string, Operation>();
  for (const { path, handler } of routes) {
    const { healthPath } = metaOf(handler) ?? {};
    if (healthPath === undefined || !path.endsWith("*")) continue;
    const add = (at: string, summary: string, statuses: readonly number[] = [200]) => {
      if (at.startsWith(path.slice(0, -1))) operations.set(at, healthOperation(at, summary, statuses));
    };
    add(healthPath, "How the service and what it depends on are");
    add("/health/live", "Whether the process answers");
    add("/health/ready", "Whether requests may come", [200, 503]);
  }
  return operations;
}

function healthOperation(path: string, summary: string, statuses: readonly number[]): Operation {
  const schema = {
    type: "object",
    required: ["data", "meta"],
    properties: { data: schemaRef("HealthReport"), meta: schemaRef("Meta") },
  };
  return {
    operationId: `get${path}`.match(/[A-Za-z0-9]+/g)!.join("_").toLowerCase(),
    summary,
    tags: ["health"],
    responses: Object.fromEntries(
      statuses.map((status) => [status, {
        description: status === 200 ? "OK" : "Not ready",
        content: { "application/json": { schema } },
      }]),
    ),
    security: [], // probes have no credentials
  };
}
