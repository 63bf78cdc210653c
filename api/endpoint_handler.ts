import type { Endpoint, EndpointInputs, EndpointTypes } from "../contract/endpoint.ts";
import type { CursorQuery, PageQuery } from "./page_query.ts";
import type { Reply } from "./reply.ts";

/** What the handler of an endpoint gets. */
export type EndpointArgs<Types extends EndpointTypes, Context = unknown> =
  & { readonly [Part in Exclude<keyof Types & keyof EndpointInputs, "query">]: Types[Part] }
  & EndpointQuery<Types>
  & {
    /** Hono's context, with what middleware has set. */
    readonly c: Context;
    /**
     * Aborts when the request has no more time, its caller is gone, or the service stops and waits no longer; never after
     * the answer.
     */
    readonly signal: AbortSignal;
    /** Name of the service that calls, where it has proved it. */
    readonly caller: string | undefined;
  };

/** The query that a handler gets, with the parameters of a page. */
export type EndpointQuery<Types extends EndpointTypes> = Types extends { readonly list: unknown }
  ? { readonly query: Omit<OwnQuery<Types>, never> & PageQuery }
  : Types extends { readonly cursorList: unknown } ? { readonly query: OwnQuery<Types> & CursorQuery }
  : Types extends { readonly query: infer Query } ? { readonly query: Query }
  : unknown;

/** The query of an endpoint without the parameters of a page. */
export type OwnQuery<Types> = Types extends { readonly query: infer Query } ? Query : unknown;

/** What the handler of an endpoint gives; the envelope is made of it. */
export type EndpointResult<Types extends EndpointTypes> = Types extends { readonly data: infer Data }
  ? Data | Reply<Data>
  : Types extends { readonly list: infer Item } ? ListResult<Item> | Reply<ListResult<Item>>
  : Types extends { readonly cursorList: infer Item } ? CursorListResult<Item> | Reply<CursorListResult<Item>>
  : Types extends { readonly plain: infer Plain } ? Plain | Reply<Plain>
  : Types extends { readonly empty: true } ? Reply<undefined> | void
  : Types extends { readonly raw: Response } ? Response
  : never;

/** A page of a counted list. */
export interface ListResult<Item> {
  /** Items of the page. */
  readonly items: readonly Item[];
  /** Items in the whole list. */
  readonly total: number;
}

/** A page of a list that is walked by cursors, as a repository's `findAfter` gives it. */
export interface CursorListResult<Item> {
  /** Items of the page. */
  readonly items: readonly Item[];
  /** Cursor of the next page. */
  readonly next?: string | null | undefined;
  /** Cursor of the previous page. */
  readonly previous?: string | null | undefined;
}

/** Answers the requests of an endpoint. */
export type EndpointHandler<Types extends EndpointTypes, Context = unknown> = (
  args: EndpointArgs<Types, Context>,
) => EndpointResult<Types> | Promise<EndpointResult<Types>>;

/** The handler that an endpoint takes, for one that is written apart from its route. */
export type HandlerOf<E, Context = unknown> = E extends Endpoint<string, infer Types>
  ? EndpointHandler<Types, Context>
  : never;
