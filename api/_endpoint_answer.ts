import type { ZodOutcome } from "../contract/_ask_zod.ts";
import { type AnswerWriter, answerWriter } from "../contract/_write_answer.ts";
import type { AnyEndpoint } from "../contract/endpoint.ts";
import { ContractError } from "../errors/common.ts";
import { type IssueLike, validationErrors } from "../errors/validation_errors.ts";
import { stringifyBigints } from "../internal/exact_json.ts";
import type { ContextLike } from "./_hono.ts";
import type { CursorListResult, ListResult } from "./endpoint_handler.ts";
import type { CursorQuery, PageQuery } from "./page_query.ts";
import { respond, respondCursorPage, respondPage, toHeaderValue, withHeaders } from "./respond.ts";
import { isReply } from "./reply.ts";

/** Makes the response of what a handler gave. */
export type Answerer = (c: ContextLike, result: unknown, query: unknown) => Promise<Response> | Response;

/** How the answers of an endpoint are made. */
export function answerer(endpoint: AnyEndpoint): Answerer {
  const { kind, statuses, location } = endpoint;
  const [first] = statuses;
  const own = deprecationHeaders(endpoint);
  const write = writeData(endpoint);
  return (c, given, query) => {
    if (!isReply(given)) return withOwn(c, make(c, given, first, query), own);
    const { status, data, headers } = given;
    if (!statuses.includes(status)) throw broken(endpoint, `The status ${status} is not among its own`);
    return withOwn(c, make(c, data, status, query), headers === undefined ? own : { ...own, ...headers });
  };

  function make(c: ContextLike, data: unknown, status: number, query: unknown): Promise<Response> | Response {
    if (kind === "raw") {
      if (isResponse(data)) return data;
      throw broken(endpoint, "The handler gave no Response");
    }
    if (isResponse(data)) throw broken(endpoint, "The handler gave a Response, which only `raw` takes");
    if (kind === "empty") {
      if (data !== undefined && data !== null) {
        throw broken(endpoint, "The handler gave data, and there is no body");
      }
      return emptyResponse(c, status);
    }
    const outcome = write(data);
    return outcome instanceof Promise
      ? outcome.then((value) => finish(c, value, data, status, query))
      : finish(c, outcome, data, status, query);
  }

  function finish(
    c: ContextLike,
    { value, issues }: ZodOutcome,
    data: unknown,
    status: number,
    query: unknown,
  ): Response {
    if (issues !== undefined) throw misfit(endpoint, issues);
    switch (kind) {
      case "list": {
        const { page, limit } = query as PageQuery;
        const { total } = data as ListResult<unknown>;
        return respondPage(c, value as unknown[], { page, limit, total }, status);
      }
      case "cursorList": {
        const { next, previous } = data as CursorListResult<unknown>;
        const { limit } = query as CursorQuery;
        return respondCursorPage(c, value as unknown[], { limit, next, previous }, status);
      }
      case "plain":
        return c.body(stringifyBigints(value, String) ?? "null", status as never, {
          "Content-Type": "application/json",
        });
    }
    if (location === undefined) return respond(c, value, "", status);
    return respond(c, value, "", status, { Location: toHeaderValue(location(data as never)) });
  }
}

/** The response with headers of the endpoint's or the reply's own. */
function withOwn(
  c: ContextLike,
  response: Promise<Response> | Response,
  headers: Readonly<Record<string, string>> | undefined,
): Promise<Response> | Response {
  if (headers === undefined) return response;
  if (response instanceof Promise) return response.then((made) => withHeaders(c, made, headers));
  return withHeaders(c, response, headers);
}

function writeData({ kind, answer, response, route }: AnyEndpoint): AnswerWriter {
  if (answer === undefined) return (value) => ({ value });
  const isList = kind === "list" || kind === "cursorList";
  const write: AnswerWriter = response === "unchecked" ? (value) => ({ value }) : answerWriter(answer);
  if (!isList) return write;
  return (result) => {
    const { items, total } = (result ?? {}) as { items?: unknown; total?: unknown };
    if (!Array.isArray(items)) return refused("items", "Expected a list");
    if (kind === "list" && !(Number.isSafeInteger(total) && total as number >= 0)) {
      return refused("total", "Expected a whole number from 0");
    }
    return writeItems(write, items);
  };

  function refused(member: string, message: string): ZodOutcome {
    return {
      issues: [{ path: [member], message: `${message}, of the handler of ${route}`, code: "invalid_type" }],
    };
  }
}

/** Writes the items one by one, so that a list needs no schema of its own. */
function writeItems(write: AnswerWriter, items: readonly unknown[]): Promise<ZodOutcome> | ZodOutcome {
  let written: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const outcome = write(items[i]);
    if (outcome instanceof Promise) return writeLater(write, items);
    if (outcome.issues !== undefined) return at(i, outcome.issues);
    if (written !== undefined) written.push(outcome.value);
    else if (outcome.value !== items[i]) written = [...items.slice(0, i), outcome.value];
  }
  return { value: written ?? items };
}

async function writeLater(write: AnswerWriter, items: readonly unknown[]): Promise<ZodOutcome> {
  const outcomes = await Promise.all(items.map((item) => write(item)));
  const wrong = outcomes.findIndex(({ issues }) => issues !== undefined);
  if (wrong >= 0) return at(wrong, outcomes[wrong]!.issues!);
  return { value: outcomes.map(({ value }) => value) };
}

function at(index: number, issues: readonly IssueLike[]): ZodOutcome {
  return { issues: issues.map((issue) => ({ ...issue, path: [index, ...issue.path ?? []] })) };
}

function misfit(endpoint: AnyEndpoint, issues: readonly IssueLike[]): ContractError {
  const [first] = validationErrors(issues.slice(0, 1), "data");
  return broken(endpoint, `${first!.field}: ${first!.message}`);
}

function broken({ route, operationId }: AnyEndpoint, reason: string): ContractError {
  return new ContractError(`The answer of ${route} breaks its contract: ${reason}`, {
    contract: operationId,
  });
}

function emptyResponse(c: ContextLike, status: number): Response {
  return (c as unknown as { body(data: null, status: number): Response }).body(null, status);
}

function isResponse(value: unknown): value is Response {
  if (value instanceof Response) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.prototype.toString.call(value) === "[object Response]";
}

/** `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) of an endpoint that should not be called any more. */
function deprecationHeaders({ deprecated }: AnyEndpoint): Record<string, string> | undefined {
  if (deprecated?.since === undefined && deprecated?.sunset === undefined) return undefined;
  const { since, sunset } = deprecated;
  return {
    ...since !== undefined && { Deprecation: `@${Math.floor(Date.parse(since) / 1000)}` },
    ...sunset !== undefined && { Sunset: new Date(sunset).toUTCString() },
  };
}
