import type { AnyEventContract } from "../messaging/contract/define_event.ts";
import type { AnyRequestContract } from "../messaging/contract/define_request.ts";
import type { ContextLike } from "./_hono.ts";
import type { OpenApiObject } from "./openapi_document.ts";

/** Whether a request may see the documentation. Its parameter may be the `Context` of the application. */
export type DocsExposure = { expose(c: ContextLike): boolean | Promise<boolean> }["expose"];

/** The `docs` of `GlamOptions`: the page of documentation and the two documents that it is made of. */
export interface DocsOptions {
  /**
   * Name of the service.
   * @default the `service` of the middleware
   */
  readonly title?: string | undefined;
  /**
   * Version of the service.
   * @default "1.0.0"
   */
  readonly version?: string | undefined;
  /** What the service is, in Markdown. */
  readonly description?: string | undefined;
  /**
   * Where the service is: URLs, or objects of OpenAPI.
   * @default where the document was read, also behind a path prefix
   */
  readonly servers?: readonly (OpenApiObject | string)[] | undefined;
  /**
   * How callers prove who they are: security schemes of OpenAPI by their names. Each is enough by itself.
   * @default a bearer token, where an endpoint has scopes
   */
  readonly security?: Readonly<Record<string, OpenApiObject>> | undefined;
  /**
   * Contracts of the events and requests that the service sends, for `/asyncapi.json` and the page.
   * @default []
   */
  readonly events?: readonly (AnyEventContract | AnyRequestContract)[] | undefined;
  /**
   * Contracts that it listens to or answers.
   * @default []
   */
  readonly receives?: readonly (AnyEventContract | AnyRequestContract)[] | undefined;
  /**
   * Who may see it. A function is asked for each request, after the middleware of the application, so that an
   * authentication has taken place; whoever may not is answered as for an unknown path.
   * @default whether `APP_ENV` is set to `dev`, `development`, `local` or `test`
   */
  readonly expose?: boolean | DocsExposure | undefined;
  /**
   * Path of the page. The documents are beside it, and Swagger UI is under it: `/docs/try`.
   * @default "/docs"
   */
  readonly path?: string | undefined;
}
