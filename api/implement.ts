import type { AnyEndpoint, Endpoint, EndpointTypes } from "../contract/endpoint.ts";
import { assertWhole } from "../internal/assert_number.ts";
import { loadDocs } from "./_docs_loader.ts";
import { endpointHandler, type HonoHandler } from "./_endpoint_handler.ts";
import { guardedBy } from "./_run_guards.ts";
import { endpointOf, markRoute } from "./_route_meta.ts";
import type { EndpointHandler } from "./endpoint_handler.ts";

/** The part of a Hono application that {@link implement} needs. */
export interface EndpointApp {
  /** Every registered handler. */
  readonly routes: readonly { readonly method: string; readonly path: string; readonly handler: unknown }[];
  /** Registers handlers. */
  on(method: never, path: never, ...handlers: never[]): unknown;
  /** Its parameter tells the type of the application's contexts. */
  notFound(handler: never): unknown;
}

/** The type of an application's contexts. */
export type ContextOf<App> = App extends { notFound(handler: (c: infer Context) => never): unknown } ? Context
  : unknown;

/** A middleware of an application. */
export type EndpointMiddleware<App> = (
  c: ContextOf<App>,
  next: () => Promise<void>,
) => Promise<Response | void>;

/** Options of {@link implement}. */
export interface ImplementOptions {
  /**
   * Where the application is mounted by another one's `route()`: the contract has the whole path.
   * @default ""
   */
  readonly mountedAt?: string | undefined;
  /**
   * Bytes that a body may have; a larger one is answered 413.
   * @default 1 MiB, and for a form as much more as its files may have
   */
  readonly maxBodyBytes?: number | undefined;
}

/**
 * Registers the route of an endpoint. The handler gets what the contract's schemas made of the request and gives the data:
 * the envelope, the status and the headers are made here, and the answer always goes through the contract's schema.
 *
 * What does not fit in a request is answered 422, all parts at once; what does not fit in an answer is a 500
 * `CONTRACT_ERROR`, whose path is in the log.
 *
 * @example
 * ```ts
 * import { glamMiddleware, implement } from "@glam/shared/api";
 * import { defineEndpoint } from "@glam/shared/contract";
 * import { Hono } from "hono";
 * import * as z from "zod";
 *
 * const GetItem = defineEndpoint("GET /items/:id", {
 *   params: z.object({ id: z.coerce.number<string>() }),
 *   data: z.object({ id: z.int(), name: z.string() }),
 * });
 *
 * const app = new Hono();
 * app.use(glamMiddleware());
 * implement(app, GetItem, ({ params }) => ({ id: params.id, name: "Lipstick" }));
 *
 * const response = await app.request("/items/7");
 * console.log((await response.json()).data); // { id: 7, name: "Lipstick" }
 * ```
 *
 * @throws {TypeError} when the application has the method and path already, or is mounted elsewhere than the path begins.
 */
export function implement<App extends EndpointApp, Route extends string, Types extends EndpointTypes>(
  app: App,
  endpoint: Endpoint<Route, Types>,
  ...handlers: [
    ...middleware: EndpointMiddleware<App>[],
    handler: EndpointHandler<Types, ContextOf<App>>,
  ]
): void;
/** Registers the route of an endpoint, of an application that is mounted by another one. */
export function implement<App extends EndpointApp, Route extends string, Types extends EndpointTypes>(
  app: App,
  endpoint: Endpoint<Route, Types>,
  options: ImplementOptions,
  ...handlers: [
    ...middleware: EndpointMiddleware<App>[],
    handler: EndpointHandler<Types, ContextOf<App>>,
  ]
): void;
export function implement(app: EndpointApp, endpoint: AnyEndpoint, ...rest: unknown[]): void {
  const options = typeof rest[0] === "object" ? rest.shift() as ImplementOptions : {};
  const { mountedAt = "", maxBodyBytes } = options;
  const { method, route } = endpoint;
  for (const handler of rest) {
    if (typeof handler === "function") continue;
    throw new TypeError(
      `Cannot implement "${route}": expected middleware and a handler, got ${typeof handler}`,
    );
  }
  if (rest.length === 0) throw new TypeError(`Cannot implement "${route}": there is no handler`);
  if (maxBodyBytes !== undefined) assertWhole("maxBodyBytes", maxBodyBytes, 0);
  const path = pathWithin(app, endpoint, mountedAt);
  assertFree(app, endpoint, mountedAt);
  const handler = rest.at(-1) as EndpointHandler<EndpointTypes>;
  const chain = [...rest.slice(0, -1), endpointHandler(endpoint, handler, maxBodyBytes)] as HonoHandler[];
  chain[0] = guardedBy(endpoint, chain[0] as never) as unknown as HonoHandler;
  chain.push(markRoute(chain.pop()!, { endpoint, loadDocs }));
  app.on(method as never, path as never, ...chain as never[]);
}

/**
 * @throws {TypeError} when the application has a handler for the method and path: only the first of two would ever run.
 */
function assertFree(app: EndpointApp, { route, method, path }: AnyEndpoint, mountedAt: string): void {
  const target = nameless(path.slice(trimSlash(mountedAt).length));
  for (const { handler, ...each } of app.routes) {
    if (each.method !== method || nameless(each.path) !== target) continue;
    const known = endpointOf(handler)?.route;
    if (known === route) throw new TypeError(`Cannot implement "${route}" twice`);
    if (known !== undefined) throw new TypeError(`Cannot implement "${route}": "${known}" has the same path`);
    // What takes `next` is middleware of the path.
    if (typeof handler === "function" && handler.length < 2) {
      throw new TypeError(`Cannot implement "${route}": the application has a route of this path`);
    }
  }
}

/** The path without the names of its parameters, which no request knows. */
function nameless(path: string): string {
  return path.replace(/:\w+/g, ":");
}

/** The path that the application itself has to be given. */
function pathWithin(app: EndpointApp, { route, path }: AnyEndpoint, mountedAt: string): string {
  // Hono keeps the base path of an application to itself.
  const own = (app as { readonly _basePath?: unknown })._basePath;
  const base = trimSlash(mountedAt) + trimSlash(typeof own === "string" ? own : "/");
  if (base === "") return path;
  if (path === base) return "/";
  if (path.startsWith(`${base}/`)) return path.slice(base.length);
  throw new TypeError(
    `Cannot implement "${route}": the application is at "${base}"; give the contract that path, or say \`mountedAt\``,
  );
}

function trimSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}
