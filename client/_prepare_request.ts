import { parsePath, type PathPart } from "../contract/_path.ts";
import { shapeOf } from "../contract/_zod_def.ts";
import type { AnyEndpoint } from "../contract/endpoint.ts";

/** The parts of a request as a caller gave them, whatever their types. */
export interface LooseInput {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly cookies?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, unknown>>;
}

/** What is sent. */
export interface PreparedRequest {
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: FormData | string | undefined;
}

/** Turns the input of one endpoint into what is sent. */
export type PrepareRequest = (input: LooseInput) => PreparedRequest;

/**
 * How the requests of an endpoint are made.
 *
 * @throws {TypeError} when a value has no text, or a path parameter would lead to another route.
 */
export function requestPreparer(endpoint: AnyEndpoint): PrepareRequest {
  const { route, path, body, form } = endpoint;
  const parts = parsePath(path);
  const isForm = form !== undefined;
  const formNames = Object.keys(shapeOf(form) ?? {});
  return (input) => {
    const query = textsOf(route, "query", input.query);
    const path = pathOf(route, parts, input.params ?? NONE);
    const headers = textsOf(route, "headers", input.headers);
    const cookies = textsOf(route, "cookies", input.cookies);
    if (cookies.length > 0) {
      headers.push([
        "Cookie",
        cookies.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join("; "),
      ]);
    }
    if (body !== undefined) headers.push(["Content-Type", "application/json"]);
    return {
      target: query.length === 0 ? path : `${path}?${new URLSearchParams(query)}`,
      headers,
      body: isForm
        ? formOf(route, formNames, input.form ?? NONE)
        : body === undefined
        ? undefined
        : JSON.stringify(input.body) ?? "null",
    };
  };
}

const NONE: Readonly<Record<string, unknown>> = {};

function pathOf(
  route: string,
  parts: readonly PathPart[],
  params: Readonly<Record<string, unknown>>,
): string {
  let path = "";
  for (const part of parts) {
    path += "/";
    if (typeof part === "string") {
      path += part;
      continue;
    }
    const text = textOf(route, `params.${part.name}`, params[part.name]);
    path += part.isRest
      ? text.split("/").map((segment) => encoded(route, part.name, segment)).join("/")
      : encoded(route, part.name, text);
  }
  return path || "/";
}

function encoded(route: string, name: string, segment: string): string {
  if (segment !== "" && segment !== "." && segment !== "..") return encodeURIComponent(segment);
  throw new TypeError(
    `Cannot call "${route}": \`params.${name}\` has the segment ${
      JSON.stringify(segment)
    }, which leads to another path`,
  );
}

type Texts = [name: string, text: string][];

/** The values of a part as texts; in a query a list is several of one name. */
function textsOf(route: string, part: string, values: Readonly<Record<string, unknown>> = NONE): Texts {
  const texts: Texts = [];
  for (const [name, value] of Object.entries(values)) {
    for (const each of part === "query" && Array.isArray(value) ? value : [value]) {
      if (each !== undefined) texts.push([name, textOf(route, `${part}.${name}`, each)]);
    }
  }
  return texts;
}

function formOf(
  route: string,
  names: readonly string[],
  fields: Readonly<Record<string, unknown>>,
): FormData {
  const form = new FormData();
  for (const name of new Set([...names, ...Object.keys(fields)])) {
    const value = fields[name];
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each === undefined) continue;
      if (each instanceof Blob) form.append(name, each);
      else form.append(name, textOf(route, `form.${name}`, each));
    }
  }
  return form;
}

function textOf(route: string, place: string, value: unknown): string {
  // A query and a form would send U+FFFD in place of a lone surrogate, and a path cannot have it.
  if (typeof value === "string" && value.isWellFormed()) return value;
  if (typeof value === "bigint" || typeof value === "boolean" || Number.isFinite(value)) return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw new TypeError(`Cannot call "${route}": \`${place}\` has no text, got ${describe(value)}`);
}

function describe(value: unknown): string {
  if (typeof value === "string") return "a lone surrogate";
  return Object(value) === value ? (value as object).constructor?.name ?? "an object" : String(value);
}
