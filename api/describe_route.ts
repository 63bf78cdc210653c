import { loadDocs } from "./_docs_loader.ts";
import { markRoute } from "./_route_meta.ts";
import type { RouteDescription } from "./route_description.ts";

export type { RouteDescription } from "./route_description.ts";

/** A middleware that does nothing but carry a description. */
export type DescribeMiddleware = (c: unknown, next: () => Promise<void>) => Promise<void>;

/**
 * Describes a route that has no contract, for the document: `app.get("/old", describeRoute({ summary: "Old" }), handler)`.
 * What `validate()` knows of the request is in the document by itself.
 */
export function describeRoute(description: RouteDescription): DescribeMiddleware {
  return markRoute(function describe(_c: unknown, next: () => Promise<void>) {
    return next();
  }, { description, loadDocs });
}
