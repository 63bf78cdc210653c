import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { SchemaLike } from "../contract/schema_like.ts";
import type { HttpObserver } from "../metrics/http_recorder.ts";
import type { Guard, Guards } from "./guards.ts";
import type { DocsLoader } from "./_docs_resource.ts";
import type { RouteDescription } from "./route_description.ts";

/** What is known of a registered handler, for the document. */
export interface RouteMeta {
  /** The contract that it implements. */
  readonly endpoint?: AnyEndpoint;
  /** What `describeRoute` said. */
  readonly description?: RouteDescription;
  /** What `validate` checks. */
  readonly validates?: { readonly target: string; readonly schema: SchemaLike };
  /** Of a guard that is a middleware, too: itself. */
  readonly middleware?: Guard | undefined;
  /** Loads what makes the documentation. */
  readonly loadDocs?: DocsLoader;
  /** Of a middleware that answers health: the path of the report. */
  readonly healthPath?: string | undefined;
  /** Of a `glamMiddleware`: what counts its requests. */
  readonly http?: HttpObserver | undefined;
  /** Of a `glamMiddleware`: the paths that it answers itself. */
  readonly ownPaths?: readonly string[] | undefined;
  /** Of a `glamMiddleware`: what guards the endpoints behind it. */
  readonly guards?: Guards | undefined;
  /** Of a middleware that proves who sends a request, as `authenticate()` and `hmacWebhook()` do. */
  readonly authenticates?: boolean;
}

// Registered, so that the document of one copy of the package has the routes of another.
const META = Symbol.for("@glam/shared.api.route.v1");

/** Leaves on a handler what is known of it. */
export function markRoute<Handler extends object>(handler: Handler, meta: RouteMeta): Handler {
  Object.defineProperty(handler, META, { value: meta });
  return handler;
}

/** What is known of a handler. One of a sub-application with an `onError` of its own is wrapped by Hono, as often as it is mounted. */
export function metaOf(handler: unknown): RouteMeta | undefined {
  let current = handler as { readonly [META]?: RouteMeta; readonly __COMPOSED_HANDLER?: unknown } | undefined;
  while (typeof current === "function") {
    if (current[META] !== undefined) return current[META];
    current = (current as { readonly __COMPOSED_HANDLER?: never }).__COMPOSED_HANDLER;
  }
  return undefined;
}

/** The contract that a handler implements. */
export function endpointOf(handler: unknown): AnyEndpoint | undefined {
  return metaOf(handler)?.endpoint;
}
