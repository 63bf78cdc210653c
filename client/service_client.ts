import type { CallerInput } from "../contract/caller_input.ts";
import type { AnyEndpoint, EndpointTypes, TypesOf } from "../contract/endpoint.ts";
import type { CursorPagination, Links, Pagination } from "../contract/pagination.ts";
import type { Meta } from "../errors/envelope.ts";

/** Endpoints by the names that a client calls them by. */
export type Endpoints = { readonly [Name in string]: AnyEndpoint };

/** A client of another service: a function for each of its endpoints. The type to depend on. */
export type ServiceClient<E extends Endpoints> =
  & { readonly [Name in keyof E]: EndpointCall<TypesOf<E[Name]>> }
  & ServiceClientLifetime;

/** The end of a client. */
export interface ServiceClientLifetime extends AsyncDisposable {
  /** Rejects what waits, and gives up what the client holds. */
  close(): void;
}

/** Calls one endpoint. */
export type EndpointCall<Types extends EndpointTypes> =
  & {
    /**
     * What the endpoint answers.
     *
     * @throws {GlamError} an error that the endpoint declares, else an `UpstreamServiceError`.
     */
    (...args: CallArgs<Types>): Promise<CallResult<Types>>;
    /** The answer with its status, headers and envelope. */
    raw(...args: CallArgs<Types>): Promise<RawResult<Types>>;
  }
  & (Types extends { readonly list: infer Item } ? ListCalls<Types, Item>
    : Types extends { readonly cursorList: infer Item } ? ListCalls<Types, Item>
    : unknown);

/** What a list has beside a single page. */
export interface ListCalls<Types extends EndpointTypes, Item> {
  /** Every item of every page, from the one that the query names. */
  items(...args: CallArgs<Types>): AsyncGenerator<Item, void, undefined>;
  /** Every page, from the one that the query names. */
  pages(...args: CallArgs<Types>): AsyncGenerator<CallResult<Types>, void, undefined>;
}

/** The arguments of a call: the input may be left out where nothing in it is required. */
export type CallArgs<Types extends EndpointTypes> = Record<never, never> extends CallerInput<Types>
  ? [input?: CallerInput<Types>, options?: CallOptions]
  : [input: CallerInput<Types>, options?: CallOptions];

/** Options of one call. */
export interface CallOptions {
  /** Gives the call up, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds that the call may take, with all of its attempts and its body.
   * @default that of the client
   */
  readonly timeoutMs?: number | undefined;
  /** Headers beside those of the client. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * The `Idempotency-Key`, from 1 to 255 characters; the same for every attempt.
   * @default a new UUID where the endpoint needs one
   */
  readonly idempotencyKey?: string | undefined;
}

/** What a call gives. */
export type CallResult<Types extends EndpointTypes> = Types extends { readonly data: infer Data } ? Data
  : Types extends { readonly list: infer Item } ? ListPage<Item, Pagination>
  : Types extends { readonly cursorList: infer Item } ? ListPage<Item, CursorPagination>
  : Types extends { readonly plain: infer Plain } ? Plain
  : Types extends { readonly raw: Response } ? Response
  : undefined;

/** A page of a list. */
export interface ListPage<Item, Position extends CursorPagination | Pagination> {
  /** Items of the page. */
  readonly items: Item[];
  /** Where in the list the page is. */
  readonly pagination: Position;
}

/** What the `raw` form of a call gives. */
export interface RawResult<Types extends EndpointTypes> {
  /** What the call itself gives. */
  readonly data: CallResult<Types>;
  /** Ids and time of the answer, where it has an envelope. */
  readonly meta: Meta | undefined;
  /** The pages around a page. */
  readonly links: Links | undefined;
  /** HTTP status. */
  readonly status: number;
  /** Response headers. */
  readonly headers: Headers;
}
