import type { DocsOptions } from "./docs_options.ts";
import type { RoutesOf } from "./routes_of.ts";

/** A resource of the documentation. */
export type DocsResource = "asyncapi" | "openapi" | "page" | TryResource;

/** A resource of Swagger UI. */
export type TryResource = "try" | "try/boot.js" | "try/swagger-ui-bundle.js" | "try/swagger-ui.css";

/** Answers with a resource; `undefined` where there is none, as of Swagger UI where it is not installed. */
export type AnswerDocs = (resource: DocsResource) => Promise<Response | undefined>;

/** Documentation of an application, as `_docs_site.ts` makes it. */
export type CreateDocs = (app: RoutesOf, options: DocsOptions & { readonly path: string }) => AnswerDocs;

/**
 * Loads what makes the documentation. The handlers of routes that something is known of carry it, and not the middleware:
 * a bundle for workerd has in it whatever is imported, also what is imported later, and an application without a single
 * such route has nothing to show.
 */
export type DocsLoader = () => Promise<CreateDocs>;
