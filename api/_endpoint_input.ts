import type * as z from "zod";
import { askZod, type ZodOutcome } from "../contract/_ask_zod.ts";
import { parametersOf, parsePath } from "../contract/_path.ts";
import { shapeOf, type ZodSchema } from "../contract/_zod_def.ts";
import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { SchemaLike } from "../contract/schema_like.ts";
import { type IssueLike, validationErrors, type ValidationIssue } from "../errors/validation_errors.ts";
import { defineMember } from "../internal/define_member.ts";
import { outsideContext } from "../internal/outside_context.ts";
import { bodyReader } from "./_endpoint_body.ts";
import type { EndpointContext } from "./_endpoint_context.ts";
import { invalidRequest } from "./_invalid_request.ts";
import { listFieldsOf } from "./_list_fields.ts";
import { cursorQuery, paginationQuery } from "./page_query.ts";

/** The parts of a request, as the contract's schemas gave them. */
export interface EndpointParts {
  /** Parameters of the path. */
  params?: unknown;
  /** Query, with the parameters of a page. */
  query?: unknown;
  /** Request headers that the contract names. */
  headers?: unknown;
  /** Cookies that the contract names. */
  cookies?: unknown;
  /** JSON body. */
  body?: unknown;
  /** Form. */
  form?: unknown;
}

/** What a part of a request is called in `validation_errors`. */
const PREFIX = {
  params: "path",
  query: "query",
  headers: "header",
  cookies: "cookie",
  body: "body",
  form: "body",
} as const;

type PartName = keyof EndpointParts;

/**
 * Reads the parts of a request and validates them, and says of all of them at once what does not fit. A promise where there
 * is a body, or something else to wait for.
 */
export function inputReader(
  endpoint: AnyEndpoint,
  maxBodyBytes: number | undefined,
): (c: EndpointContext) => EndpointParts | Promise<EndpointParts> {
  const readers = [
    ...paramsReader(endpoint),
    ...queryReaders(endpoint),
    ...partReader("headers", endpoint.headers, headersOf(endpoint.headers)),
    ...partReader("cookies", endpoint.cookies, cookiesOf(endpoint.cookies)),
  ];
  const readBody = bodyReader(endpoint, maxBodyBytes);
  const later = async (c: EndpointContext): Promise<EndpointParts> => {
    const parts: EndpointParts = {};
    const issues: ValidationIssue[] = [];
    // The media type and the size are the business of the connection: they are refused before anything else is said.
    const body = readBody === undefined ? undefined : await readBody(c);
    for (const { name, raw, parse } of readers) {
      const value = raw(c);
      const outcome = parse(value instanceof Promise ? await value : value);
      take(parts, issues, name, outcome instanceof Promise ? await outcome : outcome);
    }
    if (body !== undefined) {
      take(parts, issues, endpoint.body === undefined ? "form" : "body", await body.parse());
    }
    if (issues.length > 0) throw invalidRequest(issues);
    return parts;
  };
  if (readBody !== undefined || endpoint.cookies !== undefined) return later;
  let isAsync = false;
  return (c) => {
    if (isAsync) return later(c);
    const parts: EndpointParts = {};
    const issues: ValidationIssue[] = [];
    for (const { name, raw, parse } of readers) {
      const outcome = parse(raw(c));
      if (outcome instanceof Promise) { // an asynchronous refinement
        isAsync = true;
        return outcome.then(() => later(c));
      }
      take(parts, issues, name, outcome);
    }
    if (issues.length > 0) throw invalidRequest(issues);
    return parts;
  };
}

interface PartReader {
  readonly name: PartName;
  /** The part as it came. */
  raw(c: EndpointContext): unknown;
  parse(raw: unknown): Promise<ZodOutcome> | ZodOutcome;
}

function take(
  parts: EndpointParts,
  issues: ValidationIssue[],
  name: PartName,
  { value, issues: found }: ZodOutcome,
): void {
  if (found !== undefined) {
    issues.push(...validationErrors(found as readonly IssueLike[], PREFIX[name]));
  } else {
    parts[name] = typeof parts[name] === "object" ? { ...parts[name], ...value as object } : value;
  }
}

function partReader(name: PartName, schema: SchemaLike | undefined, raw: PartReader["raw"]): PartReader[] {
  return schema === undefined ? [] : [{ name, raw, parse: askZod(schema as ZodSchema, "parse") }];
}

function paramsReader({ path, params }: AnyEndpoint): PartReader[] {
  const names = parametersOf(parsePath(path)).map(({ name }) => name);
  if (names.length === 0) return [];
  const raw = (c: EndpointContext) => {
    const values: Record<string, string> = {};
    for (const name of names) values[name] = c.req.param(name);
    return values;
  };
  return params === undefined
    ? [{ name: "params", raw, parse: (value) => ({ value }) }]
    : partReader("params", params, raw);
}

/** The parameters of a page are taken off before the endpoint's own schema sees the rest. */
function queryReaders({ kind, query, page }: AnyEndpoint): PartReader[] {
  const paging = kind === "list"
    ? paginationQuery(page)
    : kind === "cursorList"
    ? cursorQuery(page)
    : undefined;
  const names = kind === "list" ? ["page", "limit"] : kind === "cursorList" ? ["limit", "cursor"] : [];
  const isList = query === undefined ? () => false : listFieldsOf(query as z.ZodType);
  const values = (c: EndpointContext, wanted: (name: string) => boolean) => {
    const found: Record<string, unknown> = {};
    for (const [name, list] of Object.entries(c.req.queries())) {
      if (wanted(name)) defineMember(found, name, list.length === 1 && !isList(name) ? list[0] : list);
    }
    return found;
  };
  return [
    ...partReader("query", query, (c) => values(c, (name) => !names.includes(name))),
    ...partReader("query", paging, (c) => values(c, (name) => names.includes(name))),
  ];
}

function headersOf(schema: SchemaLike | undefined): PartReader["raw"] {
  const names = Object.keys(shapeOf(schema) ?? {});
  return ({ req }) => {
    const values: Record<string, string> = {};
    for (const name of names) {
      const value = req.raw.headers.get(name);
      if (value !== null) values[name] = value;
    }
    return values;
  };
}

type ParseCookies = (cookie: string) => Record<string, string>;

function cookiesOf(schema: SchemaLike | undefined): PartReader["raw"] {
  if (schema === undefined) return () => ({});
  const names = Object.keys(shapeOf(schema) ?? {});
  const loading = outsideContext(() => import("hono/utils/cookie")).then(({ parse }) =>
    parse as ParseCookies
  );
  loading.catch(() => {}); // each request reports it
  return async ({ req }) => {
    const all = (await loading)(req.raw.headers.get("cookie") ?? "");
    return Object.fromEntries(
      names.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]),
    );
  };
}
