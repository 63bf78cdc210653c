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
    const headers = Object.entries(input.headers ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, textOf(route, `headers.${name}`, value)] as const]
    );
    const cookies = Object.entries(input.cookies ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(textOf(route, `cookies.${name}`, value))}`]
    );
    const target = pathOf(route, parts, input.params ?? {}) + queryOf(route, input.query ?? {});
    return {
      target,
      headers: [
        ...headers,
        ...(cookies.length > 0 ? [["Cookie", cookies.join("; ")] as const] : []),
        ...(body !== undefined ? [["Content-Type", "application/json"] as const] : []),
      ],
      body: isForm
        ? formOf(route, formNames, input.form ?? {})
        : body === undefined
        ? undefined
        : JSON.stringify(input.body) ?? "null",
    };
  };
}

function pathOf(
  route: string,
  parts: readonly PathPart[],
  params: Readonly<Record<string, unknown>>,
): string {
  const segments = parts.map((part) => {
    if (typeof part === "string") return part;
    const text = textOf(route, `params.${part.name}`, params[part.name]);
    const values = part.isRest ? text.split("/") : [text];
    for (const value of values) {
      if (value === "" || value === "." || value === "..") {
        throw new TypeError(
          `Cannot call "${route}": \`params.${part.name}\` is ${
            JSON.stringify(text)
          }, which leads to another path`,
        );
      }
    }
    return values.map(encodeURIComponent).join("/");
  });
  return `/${segments.join("/")}`;
}

function queryOf(route: string, query: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(query);
  if (entries.length === 0) return "";
  const search = new URLSearchParams();
  for (const [name, value] of entries) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) search.append(name, textOf(route, `query.${name}`, each));
    }
  }
  return search.size === 0 ? "" : `?${search}`;
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
  switch (typeof value) {
    case "string":
      return value;
    case "bigint":
    case "boolean":
      return String(value);
    case "number":
      if (Number.isFinite(value)) return String(value);
  }
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw new TypeError(`Cannot call "${route}": \`${place}\` has no text, got ${describe(value)}`);
}

function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === "number") return String(value);
  return typeof value === "object" ? value.constructor?.name ?? "an object" : typeof value;
}
