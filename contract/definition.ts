import type { EndpointErrorClass } from "./endpoint_error_class.ts";
import type { InputOf, OutputOf, SchemaLike } from "./schema_like.ts";

/** Limits of the pages of a list. */
export interface PageLimits {
  /**
   * Items of a page where the request does not say, from 1 to `maxLimit`.
   * @default 50, or `maxLimit` where that is less
   */
  readonly defaultLimit?: number;
  /**
   * Items that a request may ask for at most, from 1.
   * @default 1000
   */
  readonly maxLimit?: number;
}

/** An answer that the handler makes as a `Response` of its own. */
export interface RawAnswer {
  /** Its media type, such as `text/csv`. */
  readonly contentType: string;
}

/** Since when an endpoint should not be called, and when it goes; dates are ISO 8601. */
export interface DeprecatedSince {
  /** Sent as `Deprecation` (RFC 9745). */
  readonly since?: string | undefined;
  /** Sent as `Sunset` (RFC 8594). */
  readonly sunset?: string | undefined;
}

/** How a repetition of a request is recognised, and what holds while the first one runs. */
export interface IdempotencyMode {
  /**
   * Whether a request must have an `Idempotency-Key`.
   * @default "required"
   */
  readonly key?: "optional" | "required" | undefined;
  /**
   * `transaction` commits the record with the effect, `lock` is for handlers that call other systems.
   * @default "transaction" where the guard has a database, else "lock"
   */
  readonly mode?: "lock" | "transaction" | undefined;
  /**
   * With `lock`: milliseconds after which a request that never ended may run again, from 1000.
   * @default that of the guard, 30000
   */
  readonly leaseMs?: number | undefined;
  /**
   * With `transaction`: its isolation.
   * @default the server's
   */
  readonly isolation?: "read committed" | "repeatable read" | "serializable" | undefined;
}

/** A request and its answer as they may be, for the document. */
export interface EndpointExample<Body = unknown, Answer = unknown> {
  /** What it shows. */
  readonly summary?: string | undefined;
  /** A body or form. */
  readonly body?: Body | undefined;
  /** The data, an item, or the plain JSON that comes back. */
  readonly answer?: Answer | undefined;
}

/** What {@link defineEndpoint} takes: the parts of the request, one kind of answer, and what else there is to say. */
export interface EndpointDefinition<
  Params extends SchemaLike,
  Query extends SchemaLike,
  Headers extends SchemaLike,
  Cookies extends SchemaLike,
  Body extends SchemaLike,
  Form extends SchemaLike,
  Data extends SchemaLike,
  List extends SchemaLike,
  CursorList extends SchemaLike,
  Plain extends SchemaLike,
  Empty extends true,
  Raw extends RawAnswer,
  Errors extends readonly EndpointErrorClass[],
> {
  /**
   * An object with exactly the names of the path.
   * @default a text for each of them
   */
  readonly params?: Params;
  /** An object. `page`, `limit` and `cursor` of a list are not in it: they come by themselves. */
  readonly query?: Query;
  /** An object; its names in any case. Other headers pass. */
  readonly headers?: Headers;
  /** An object. Other cookies pass. */
  readonly cookies?: Cookies;
  /** The JSON body; not with GET and DELETE. */
  readonly body?: Body;
  /** A form, URL-encoded or with files (`file()`); not with GET and DELETE. */
  readonly form?: Form;

  /** Answers with this in the success envelope. */
  readonly data?: Data;
  /** Answers with pages of a counted list of such items. */
  readonly list?: List;
  /** Answers with pages of such items that are walked by cursors. */
  readonly cursorList?: CursorList;
  /** Answers with this as JSON, without an envelope. */
  readonly plain?: Plain;
  /** Answers 204 without a body. */
  readonly empty?: Empty;
  /** Answers with a `Response` that the handler makes, which may be a stream. */
  readonly raw?: Raw;

  /**
   * Status of a success from 200 to 299; of several, a plain value means the first.
   * @default 200, with `empty` 204
   */
  readonly status?: number | readonly [number, ...number[]] | undefined;
  /** The path of what was made, for `Location`. */
  readonly location?: (data: OutputOf<Data>) => string;
  /** Headers that a success has, with what they say. */
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined;
  /**
   * `unchecked` sends answers as the handler gives them, for an endpoint that was measured to be too slow otherwise.
   * @default "checked"
   */
  readonly response?: "checked" | "unchecked" | undefined;
  /** Limits of a list's pages. */
  readonly page?: PageLimits | undefined;
  /** Classes of the errors that callers should expect, one for each code. */
  readonly errors?: Errors;
  /** `key`: a request must have an `Idempotency-Key`, and its repetition has no second effect; not with `raw`. */
  readonly idempotent?: "key" | IdempotencyMode | undefined;
  /**
   * Who may call: `none` is everybody, `optional` takes requests without a credential, and a bad one never.
   * @default "required" where the application authenticates
   */
  readonly auth?: "none" | "optional" | "required" | undefined;
  /** Scopes that a caller needs, all of them. */
  readonly scopes?: readonly string[] | undefined;
  /**
   * Names of the rate limit's policies that hold here, and no others; an empty list is none.
   * @default those that hold everywhere
   */
  readonly rateLimit?: readonly string[] | undefined;
  /**
   * Milliseconds that an answer may take, from 1.
   * @default that of the application
   */
  readonly timeoutMs?: number | undefined;
  /** One line for people. */
  readonly summary?: string | undefined;
  /** What it does, in Markdown. */
  readonly description?: string | undefined;
  /** Groups in the document. */
  readonly tags?: readonly string[] | undefined;
  /** Whether, or since when, it should not be called any more. */
  readonly deprecated?: boolean | DeprecatedSince | undefined;
  /**
   * Stable name of the operation, in snake_case.
   * @default made of method and path: `get_items_id` for `GET /items/:id`
   */
  readonly operationId?: string | undefined;
  /** Requests and answers as they may be. */
  readonly examples?:
    | readonly EndpointExample<
      InputOf<Body> | InputOf<Form>,
      OutputOf<Data> | OutputOf<List> | OutputOf<CursorList> | OutputOf<Plain>
    >[]
    | undefined;
  /**
   * Whether it stays out of the document.
   * @default false
   */
  readonly internal?: boolean | undefined;
}
