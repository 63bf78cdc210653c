import { GlamError } from "../errors/glam_error.ts";
import { readEnv } from "../internal/environment.ts";
import type { ContextLike } from "./_hono.ts";
import type { AnswerDocs, DocsResource } from "./_docs_resource.ts";
import type { DocsExposure, DocsOptions } from "./docs_options.ts";
import type { RoutesOf } from "./routes_of.ts";
import type { OwnRoute } from "./own_routes.ts";
import { hasRoute } from "./_route_label.ts";
import { metaOf } from "./_route_meta.ts";

const DEFAULT_PATH = "/docs";
const DEVELOPMENT: ReadonlySet<string> = new Set(["dev", "development", "local", "test"]);

/**
 * The routes of the documentation, none where it is exposed to nobody.
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function docsRoutes(
  docs: DocsOptions,
  { app, service }: { readonly app: RoutesOf | undefined; readonly service: string },
): OwnRoute[] {
  const { path = DEFAULT_PATH, title = service, events = [], receives = [] } = docs;
  if (app === undefined) {
    throw new TypeError("Expected `app` beside `docs`, got none: the documents are made of its routes");
  }
  if (!/^(\/[\w.~-]+)+$/.test(path)) {
    throw new TypeError(
      `Expected \`docs.path\` to be a path such as "/docs", got ${JSON.stringify(path)}`,
    );
  }
  const exposure = exposureOf(docs.expose);
  if (exposure === false) return [];
  let loading: Promise<AnswerDocs> | undefined;
  const load = () => loading ??= loadFrom(app, { ...docs, title, path });
  const folder = path.slice(0, path.lastIndexOf("/"));
  const route = (resource: DocsResource, path: string): OwnRoute => ({
    path,
    isPublic: false,
    counted: true,
    logged: true,
    allows: exposure === true ? undefined : exposure,
    answer: async () => {
      const response = await (await load())(resource);
      if (response === undefined) throw new GlamError("Not Found", { code: "HTTP_404", status: 404 });
      return response;
    },
  });
  return [
    route("page", path),
    route("openapi", `${folder}/openapi.json`),
    ...events.length + receives.length > 0 ? [route("asyncapi", `${folder}/asyncapi.json`)] : [],
    ...(["try", "try/boot.js", "try/swagger-ui-bundle.js", "try/swagger-ui.css"] as const).map((resource) =>
      route(resource, `${path}/${resource}`)
    ),
  ];
}

/** By default only where somebody has said that this is no production: a forgotten variable must not publish anything. */
function exposureOf(expose: DocsOptions["expose"]): DocsExposure | boolean {
  if (expose === undefined) return DEVELOPMENT.has(readEnv("APP_ENV")?.toLowerCase() ?? "");
  if (typeof expose === "boolean" || typeof expose === "function") return expose;
  throw new TypeError(`Expected \`docs.expose\` to be a boolean or a function, got ${typeof expose}`);
}

async function loadFrom(
  app: RoutesOf,
  options: DocsOptions & { readonly path: string },
): Promise<AnswerDocs> {
  for (const { handler } of app.routes) {
    const meta = metaOf(handler);
    if (meta?.loadDocs !== undefined) return (await meta.loadDocs())(app, options);
  }
  throw new TypeError(
    "Cannot document the application: nothing is known of its routes. Give one a contract with `implement`, or `describeRoute`",
  );
}

/**
 * Whether a request that the application has let through, and knows no route for, may see the documentation. What a
 * middleware refused stays refused.
 */
export async function mayRead(c: ContextLike, allows: DocsExposure): Promise<boolean> {
  const { method } = c.req;
  if (method !== "GET" && method !== "HEAD") return false;
  if (c.error !== undefined || hasRoute(c) || !c.finalized || c.res.status !== 404) return false;
  return await allows(c) === true;
}
