import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { CursorPagination, Pagination } from "../contract/pagination.ts";
import { type CalledEndpoint, Caller } from "./_caller.ts";
import { clientSettings } from "./_client_settings.ts";
import { answerDecoder } from "./_decode_answer.ts";
import { type AnyFake, fakeTransport } from "./_fake_transport.ts";
import { type LooseInput, requestPreparer } from "./_prepare_request.ts";
import type { ServiceClientOptions } from "./options.ts";
import type { CallOptions, Endpoints, ListPage, ServiceClient } from "./service_client.ts";

/**
 * A client of another service, made of its contracts: a function for each endpoint that gives the data, or throws the error
 * that the service answered with, as its class.
 *
 * A call has one deadline over all of its attempts and its body; the time that is left of the current request's deadline
 * shortens it, and a service of ours gets what is left of it. Ids and trace go with each attempt. What has one effect
 * however often it is sent (GET, PUT, DELETE, and what carries an `Idempotency-Key`) is tried again after connection errors,
 * 429, 502, 503 and 504, within a budget.
 *
 * @example
 * ```ts
 * import { createServiceClient } from "@glam/shared/client";
 * import { defineEndpoint } from "@glam/shared/contract";
 * import * as z from "zod";
 *
 * const GetItem = defineEndpoint("GET /items/:id", { data: z.object({ id: z.string(), name: z.string() }) });
 *
 * await using catalog = createServiceClient({
 *   service: "catalog",
 *   endpoints: { GetItem },
 *   fakes: { GetItem: ({ params }) => ({ id: params.id, name: "Lipstick" }) }, // or: baseUrl
 * });
 * console.log((await catalog.GetItem({ params: { id: "7" } })).name); // Lipstick
 * ```
 *
 * @throws {TypeError} when an endpoint has a name that a client needs for itself, or nothing says where the service is.
 * @throws {RangeError} when a number is out of its range.
 */
export function createServiceClient<const E extends Endpoints>(
  options: ServiceClientOptions<E>,
): ServiceClient<E> {
  const caller = new Caller(clientSettings(options));
  const fakes = (options.fakes ?? {}) as Readonly<Record<string, AnyFake | undefined>>;
  const calls = Object.entries(options.endpoints).map(([name, endpoint]) =>
    [name, callOf(caller, name, endpoint, fakes[name])] as const
  );
  return Object.assign(Object.fromEntries(calls), {
    close: () => caller.close(),
    [Symbol.asyncDispose]: () => Promise.resolve(caller.close()),
  }) as never;
}

function callOf(
  caller: Caller,
  name: string,
  endpoint: AnyEndpoint,
  fake: AnyFake | undefined,
): object {
  const fixed = { name, endpoint, prepare: requestPreparer(endpoint), decode: answerDecoder(endpoint) };
  const raw = (input: LooseInput = {}, options: CallOptions = {}) => {
    const called: CalledEndpoint = fake === undefined
      ? fixed
      : { ...fixed, transport: fakeTransport(endpoint, fake, input) };
    return caller.call(called, input, options);
  };
  const call = (input?: LooseInput, options?: CallOptions) => raw(input, options).then(({ data }) => data);
  if (endpoint.kind !== "list" && endpoint.kind !== "cursorList") return Object.assign(call, { raw });
  async function* pages(input: LooseInput = {}, options?: CallOptions) {
    let query = input.query;
    for (;;) {
      const page = await call({ ...input, ...query !== undefined && { query } }, options) as AnyPage;
      const next = nextOf(page);
      if (next !== undefined && !isBehind(next, query)) {
        throw caller.brokenContract(endpoint, "the page behind a page is an earlier one");
      }
      yield page;
      if (next === undefined) return;
      query = { ...query, ...next };
    }
  }
  async function* items(input?: LooseInput, options?: CallOptions) {
    for await (const page of pages(input, options)) yield* page.items;
  }
  return Object.assign(call, { raw, pages, items });
}

type AnyPage = ListPage<unknown, CursorPagination | Pagination>;

type Position = { readonly page: number } | { readonly cursor: string };

/** Whether walking on comes to an end: a service that is wrong may name the same page for ever. */
function isBehind(next: Position, query: LooseInput["query"]): boolean {
  return "page" in next ? next.page > Number(query?.["page"] ?? 1) : next.cursor !== query?.["cursor"];
}

/** The parameters of the next page. */
function nextOf({ pagination }: AnyPage): Position | undefined {
  if ("page" in pagination) return pagination.has_next ? { page: pagination.page + 1 } : undefined;
  return pagination.next_cursor == null ? undefined : { cursor: pagination.next_cursor };
}
