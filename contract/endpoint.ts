import type { CallerInput } from "./caller_input.ts";
import type { GlamError } from "../errors/glam_error.ts";
import type {
  DeprecatedSince,
  EndpointExample,
  IdempotencyMode,
  PageLimits,
  RawAnswer,
} from "./definition.ts";
import type { EndpointErrorClass } from "./endpoint_error_class.ts";
import type { EndpointMethod, EndpointRoute } from "./route.ts";
import type { SchemaLike } from "./schema_like.ts";

/**
 * The types of an endpoint, under the names of its definition: what a handler gets and gives. A package that publishes its
 * contracts writes them out, as JSR wants it.
 */
export interface EndpointTypes {
  /** Parameters of the path. */
  readonly params?: unknown;
  /** Query, without the parameters of a page. */
  readonly query?: unknown;
  /** Request headers. */
  readonly headers?: unknown;
  /** Cookies. */
  readonly cookies?: unknown;
  /** JSON body. */
  readonly body?: unknown;
  /** Form. */
  readonly form?: unknown;
  /** Data of the success envelope. */
  readonly data?: unknown;
  /** One item of a counted list. */
  readonly list?: unknown;
  /** One item of a list that is walked by cursors. */
  readonly cursorList?: unknown;
  /** JSON without an envelope. */
  readonly plain?: unknown;
  /** Whether there is no body. */
  readonly empty?: true;
  /** Whether the handler makes the response itself. */
  readonly raw?: Response;
  /** Errors that callers should expect, as a union. */
  readonly errors?: GlamError;
  /** Of the request, what a caller gives where that differs from what the handler gets. */
  readonly in?: EndpointInputs;
  /** What a caller gives, part by part, as `defineEndpoint` works it out; it is left out of what is written by hand. */
  readonly takes?: unknown;
}

/** The parts of a request. */
export interface EndpointInputs {
  /** Parameters of the path. */
  readonly params?: unknown;
  /** Query. */
  readonly query?: unknown;
  /** Request headers. */
  readonly headers?: unknown;
  /** Cookies. */
  readonly cookies?: unknown;
  /** JSON body. */
  readonly body?: unknown;
  /** Form. */
  readonly form?: unknown;
}

/** How the answer of an endpoint is written. */
export type AnswerKind = "cursorList" | "data" | "empty" | "list" | "plain" | "raw";

/** An endpoint as it is at run time; {@link Endpoint} adds its types. */
export interface AnyEndpoint {
  /** Method and path. */
  readonly route: string;
  /** Method. */
  readonly method: EndpointMethod;
  /** Path, as Hono takes it. */
  readonly path: string;
  /** Stable name of the operation, in snake_case. */
  readonly operationId: string;
  /** How the answer is written. */
  readonly kind: AnswerKind;
  /** Statuses of a success; the first is that of a plain value. */
  readonly statuses: readonly [number, ...number[]];
  /** Schema of the path's parameters. */
  readonly params: SchemaLike | undefined;
  /** Schema of the query, without the parameters of a page. */
  readonly query: SchemaLike | undefined;
  /** Schema of the request headers. */
  readonly headers: SchemaLike | undefined;
  /** Schema of the cookies. */
  readonly cookies: SchemaLike | undefined;
  /** Schema of the JSON body. */
  readonly body: SchemaLike | undefined;
  /** Schema of the form. */
  readonly form: SchemaLike | undefined;
  /** Schema of the answer: of the data, of one item, or of the plain JSON. */
  readonly answer: SchemaLike | undefined;
  /** Of a response that the handler makes. */
  readonly raw: RawAnswer | undefined;
  /** Limits of a list's pages. */
  readonly page: Required<PageLimits>;
  /** Classes of the errors that callers should expect. */
  readonly errors: readonly EndpointErrorClass[];
  /** Path of what was made, for `Location`. */
  readonly location: ((data: never) => string) | undefined;
  /** Headers of a success, with what they say. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Whether answers are compared with their schema. */
  readonly response: "checked" | "unchecked";
  /** How a repetition is recognised. */
  readonly idempotent: IdempotencyMode | undefined;
  /** Who may call: authenticated callers, everybody, or both; by default the first, where the application authenticates. */
  readonly auth: "none" | "optional" | "required" | undefined;
  /** Scopes that a caller needs, all of them. */
  readonly scopes: readonly string[];
  /** Names of the rate limit's policies. */
  readonly rateLimit: readonly string[] | undefined;
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number | undefined;
  /** One line for people. */
  readonly summary: string | undefined;
  /** What it does, in Markdown. */
  readonly description: string | undefined;
  /** Groups in the document. */
  readonly tags: readonly string[];
  /** Since when it should not be called. */
  readonly deprecated: DeprecatedSince | undefined;
  /** Requests and answers as they may be. */
  readonly examples: readonly EndpointExample[];
  /** Whether it stays out of the document. */
  readonly internal: boolean;
}

/** The contract of one HTTP route: see {@link defineEndpoint}. */
export interface Endpoint<Route extends string = EndpointRoute, Types extends EndpointTypes = EndpointTypes>
  extends AnyEndpoint {
  /** Method and path. */
  readonly route: Route;
  /** Carries the types, less those of what a caller gives; there is no such member. */
  readonly "~types"?: Omit<Types, "in" | "takes">;
  /** Refuses an annotation that promises to take what the schemas do not; there is no such member. */
  readonly "~takes"?: (input: CallerInput<Types>) => void;
}

/** The types of an endpoint. */
export type TypesOf<E> = E extends Endpoint<infer _Route, infer Types> ? Types : never;

/** The errors that an endpoint declares, as a union of their classes. */
export type ErrorsOf<E> = TypesOf<E> extends { readonly errors: infer Errors } ? Errors : never;
