import type {
  DeprecatedSince,
  EndpointDefinition,
  IdempotencyMode,
  PageLimits,
  RawAnswer,
} from "./definition.ts";
import { checkMembers, includesFile } from "./_check_members.ts";
import type { AnswerKind, AnyEndpoint } from "./endpoint.ts";
import type { EndpointErrorClass } from "./endpoint_error_class.ts";
import { parametersOf, parsePath } from "./_path.ts";
import { defOf, shapeOf, type ZodSchema } from "./_zod_def.ts";
import type { EndpointMethod } from "./route.ts";
import type { SchemaLike } from "./schema_like.ts";

/** A definition whatever its types. */
export type AnyDefinition = EndpointDefinition<
  SchemaLike,
  SchemaLike,
  SchemaLike,
  SchemaLike,
  SchemaLike,
  SchemaLike,
  SchemaLike,
  SchemaLike,
  SchemaLike,
  SchemaLike,
  true,
  RawAnswer,
  readonly EndpointErrorClass[]
>;

const KINDS = ["cursorList", "data", "empty", "list", "plain", "raw"] as const;
const PARTS = ["params", "query", "headers", "cookies", "body", "form"] as const;
const MEMBERS: ReadonlySet<string> = new Set([
  ...KINDS,
  ...PARTS,
  ...["auth", "deprecated", "description", "errors", "examples", "idempotent", "internal", "location"],
  ...[
    "operationId",
    "page",
    "rateLimit",
    "response",
    "responseHeaders",
    "scopes",
    "status",
    "summary",
    "tags",
  ],
  "timeoutMs",
]);
const PAGE_PARAMETERS = { list: ["page", "limit"], cursorList: ["limit", "cursor"] } as const;

/** The endpoint of a definition, which is checked in everything but its answer. */
export function resolveDefinition(route: string, given: object): AnyEndpoint {
  const definition = given as AnyDefinition;
  const refuse = (message: string) => new TypeError(`Cannot define "${route}": ${message}`);
  const match = /^(DELETE|GET|PATCH|POST|PUT) (\/\S*)$/.exec(route);
  if (match === null) throw refuse("expected a method in upper case and a path, such as `GET /items/:id`");
  const method = match[1] as EndpointMethod;
  const path = match[2]!;
  if (typeof definition !== "object" || definition === null) throw refuse("there is no definition");
  for (const name of Object.keys(definition)) {
    if (!MEMBERS.has(name)) throw refuse(`\`${name}\` is no member of a definition`);
  }
  checkMembers(definition, refuse);
  const kind = kindOf(definition, refuse);
  const schema = schemaReader(definition, refuse);
  const endpoint: AnyEndpoint = {
    route,
    method,
    path,
    operationId: definition.operationId ?? operationIdOf(method, path),
    kind,
    statuses: statusesOf(definition, kind, refuse),
    params: schema("params"),
    query: schema("query"),
    headers: schema("headers"),
    cookies: schema("cookies"),
    body: schema("body"),
    form: schema("form"),
    answer: kind === "empty" || kind === "raw" ? undefined : schema(kind),
    raw: definition.raw,
    page: pageLimitsOf(definition.page, route),
    errors: errorsOf(definition.errors, refuse),
    location: definition.location as AnyEndpoint["location"],
    responseHeaders: definition.responseHeaders ?? {},
    response: definition.response ?? "checked",
    idempotent: idempotencyOf(definition.idempotent, kind, refuse),
    auth: authOf(definition, refuse),
    scopes: textsOf("scopes", definition.scopes, refuse) ?? [],
    rateLimit: textsOf("rateLimit", definition.rateLimit, refuse),
    timeoutMs: timeoutOf(definition.timeoutMs, route),
    summary: definition.summary,
    description: definition.description,
    tags: definition.tags ?? [],
    deprecated: deprecatedOf(definition.deprecated, refuse),
    examples: definition.examples ?? [],
    internal: definition.internal ?? false,
  };
  checkParts(endpoint, refuse);
  return Object.freeze(endpoint);
}

type Refuse = (message: string) => TypeError;

function kindOf(definition: AnyDefinition, refuse: Refuse): AnswerKind {
  const kinds = KINDS.filter((kind) => definition[kind] !== undefined);
  if (kinds.length !== 1) {
    const got = kinds.length === 0 ? "none" : kinds.join(" and ");
    throw refuse(
      `expected one of \`data\`, \`list\`, \`cursorList\`, \`plain\`, \`empty\` and \`raw\`, got ${got}`,
    );
  }
  const { empty, raw, location, page } = definition;
  if (empty !== undefined && empty !== true) throw refuse("expected `empty` to be true");
  if (raw !== undefined && !/^[\w.+-]+\/[\w.+-]+/.test(String(raw.contentType))) {
    throw refuse("expected `raw.contentType` to be a media type, such as `text/csv`");
  }
  if (location !== undefined && kinds[0] !== "data") {
    throw refuse("only an endpoint with `data` has a `location`");
  }
  if (page !== undefined && kinds[0] !== "list" && kinds[0] !== "cursorList") {
    throw refuse("only a list has limits of its `page`");
  }
  return kinds[0]!;
}

function schemaReader(definition: AnyDefinition, refuse: Refuse) {
  return (name: Exclude<AnswerKind, "empty" | "raw"> | typeof PARTS[number]): SchemaLike | undefined => {
    const schema = definition[name];
    if (schema === undefined || defOf(schema) !== undefined) return schema;
    throw refuse(`expected \`${name}\` to be a schema of Zod 4`);
  };
}

/** The checks that look at several members at once. */
function checkParts(endpoint: AnyEndpoint, refuse: Refuse): void {
  const { method, path, kind, params, query, body, form } = endpoint;
  let names: string[];
  try {
    names = parametersOf(parsePath(path)).map(({ name }) => name);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (params !== undefined) {
    const given = Object.keys(shapeOf(params) ?? {});
    if (given.toSorted().join() !== names.toSorted().join()) {
      throw refuse(`expected \`params\` to have exactly ${listed(names)}, got ${listed(given)}`);
    }
  }
  if (body !== undefined && form !== undefined) throw refuse("expected a `body` or a `form`, got both");
  if ((body ?? form) !== undefined && (method === "GET" || method === "DELETE")) {
    throw refuse(`${method} has no body`);
  }
  if (body !== undefined && includesFile(body as ZodSchema)) {
    throw refuse("a JSON body has no files: use `form`");
  }
  for (const part of ["query", "headers", "cookies", "form"] as const) {
    if (endpoint[part] !== undefined && shapeOf(endpoint[part]) === undefined) {
      throw refuse(`expected \`${part}\` to be an object schema: its names are needed`);
    }
  }
  if (kind === "list" || kind === "cursorList") {
    if (method !== "GET") throw refuse(`expected a list to be a GET, got ${method}`);
    const own = Object.keys(shapeOf(query) ?? {});
    const taken = PAGE_PARAMETERS[kind].find((name) => own.includes(name));
    if (taken !== undefined) throw refuse(`\`query\` has \`${taken}\`, which a list adds by itself`);
  }
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "no names" : names.map((name) => `\`${name}\``).join(", ");
}

function statusesOf(
  { status, location }: AnyDefinition,
  kind: AnswerKind,
  refuse: Refuse,
): [number, ...number[]] {
  const fallback = kind === "empty" ? 204 : location !== undefined ? 201 : 200;
  const statuses = status === undefined ? [fallback] : typeof status === "number" ? [status] : [...status];
  for (const each of statuses) {
    if (!Number.isInteger(each) || each < 200 || each > 299) {
      throw refuse(`expected \`status\` to be from 200 to 299, got ${each}`);
    }
    if ((each === 204 || each === 205) !== (kind === "empty") && kind !== "raw") {
      throw refuse(`status ${each} ${kind === "empty" ? "has" : "does not have"} a body`);
    }
  }
  if (statuses.length === 0 || new Set(statuses).size < statuses.length) {
    throw refuse("expected `status` to name each status once");
  }
  return statuses as [number, ...number[]];
}

function pageLimitsOf(given: PageLimits = {}, route: string): Required<PageLimits> {
  const { maxLimit = 1000, defaultLimit = Math.min(50, maxLimit) } = given;
  if (!Number.isSafeInteger(maxLimit) || maxLimit < 1) {
    throw new RangeError(
      `Cannot define "${route}": expected \`maxLimit\` to be a whole number from 1, got ${maxLimit}`,
    );
  }
  if (!Number.isSafeInteger(defaultLimit) || defaultLimit < 1 || defaultLimit > maxLimit) {
    throw new RangeError(
      `Cannot define "${route}": expected \`defaultLimit\` to be from 1 to ${maxLimit}, got ${defaultLimit}`,
    );
  }
  return { maxLimit, defaultLimit };
}

function timeoutOf(timeoutMs: number | undefined, route: string): number | undefined {
  if (timeoutMs === undefined || (timeoutMs >= 1 && timeoutMs <= 2 ** 31 - 1)) return timeoutMs;
  throw new RangeError(
    `Cannot define "${route}": expected \`timeoutMs\` to be from 1 to 2147483647, got ${timeoutMs}`,
  );
}

function errorsOf(errors: readonly EndpointErrorClass[] = [], refuse: Refuse): readonly EndpointErrorClass[] {
  const codes = new Map<string, string>();
  for (const Class of errors) {
    if (typeof Class !== "function" || typeof Class.code !== "string" || typeof Class.status !== "number") {
      throw refuse("expected `errors` to be error classes of this package or of `defineError`");
    }
    const known = codes.get(Class.code);
    if (known !== undefined) throw refuse(`${known} and ${Class.name} have the same code, ${Class.code}`);
    codes.set(Class.code, Class.name);
  }
  return errors;
}

function authOf({ auth, scopes }: AnyDefinition, refuse: Refuse): AnyEndpoint["auth"] {
  if (auth !== undefined) oneOf("auth", auth, ["none", "optional", "required"], refuse);
  if (scopes !== undefined && scopes.length > 0 && auth !== undefined && auth !== "required") {
    throw refuse(`\`scopes\` need a caller, which \`auth: "${auth}"\` does not ask for`);
  }
  return auth;
}

/** A list of texts that are not empty. */
function textsOf(
  name: string,
  given: readonly string[] | undefined,
  refuse: Refuse,
): readonly string[] | undefined {
  if (given === undefined) return undefined;
  if (Array.isArray(given) && given.every((each) => typeof each === "string" && each !== "")) return given;
  throw refuse(`expected \`${name}\` to be a list of texts, got ${JSON.stringify(given)}`);
}

const IDEMPOTENCY_MEMBERS: ReadonlySet<string> = new Set(["key", "mode", "leaseMs", "isolation"]);

function idempotencyOf(
  given: "key" | IdempotencyMode | undefined,
  kind: AnswerKind,
  refuse: Refuse,
): IdempotencyMode | undefined {
  if (given === undefined) return undefined;
  if (kind === "raw") throw refuse("an answer that is `raw` cannot be kept, so it takes no `idempotent`");
  if (given !== "key" && (typeof given !== "object" || given === null)) {
    throw refuse('expected `idempotent` to be "key" or an object');
  }
  const { key = "required", ...rest }: IdempotencyMode = given === "key" ? {} : given;
  const { mode, leaseMs, isolation } = rest;
  for (const name of Object.keys(rest)) {
    if (!IDEMPOTENCY_MEMBERS.has(name)) throw refuse(`\`idempotent\` has no member \`${name}\``);
  }
  oneOf("idempotent.key", key, ["optional", "required"], refuse);
  if (mode !== undefined) oneOf("idempotent.mode", mode, ["lock", "transaction"], refuse);
  if (isolation !== undefined) {
    oneOf("idempotent.isolation", isolation, ["read committed", "repeatable read", "serializable"], refuse);
    if (mode === "lock") throw refuse("only the mode `transaction` has an `isolation`");
  }
  if (leaseMs !== undefined) {
    if (!Number.isSafeInteger(leaseMs) || leaseMs < 1000) {
      throw refuse(`expected \`idempotent.leaseMs\` to be a whole number from 1000, got ${leaseMs}`);
    }
    if (mode === "transaction") throw refuse("only the mode `lock` has a `leaseMs`");
  }
  return { key, ...rest };
}

function oneOf<Value extends string>(
  name: string,
  value: Value,
  values: readonly Value[],
  refuse: Refuse,
): Value {
  if (values.includes(value)) return value;
  throw refuse(`expected \`${name}\` to be one of ${values.join(", ")}, got ${JSON.stringify(value)}`);
}

function deprecatedOf(
  deprecated: boolean | DeprecatedSince | undefined,
  refuse: Refuse,
): DeprecatedSince | undefined {
  if (deprecated === undefined || deprecated === false) return undefined;
  if (deprecated === true) return {};
  for (const name of ["since", "sunset"] as const) {
    const date = deprecated[name];
    if (date !== undefined && !(/^\d{4}-\d\d-\d\d/.test(date) && !Number.isNaN(Date.parse(date)))) {
      throw refuse(`expected \`deprecated.${name}\` to be an ISO 8601 date, got ${JSON.stringify(date)}`);
    }
  }
  return deprecated;
}

/** Method and path in snake_case: `get_items_id` for `GET /items/:id`. */
function operationIdOf(method: EndpointMethod, path: string): string {
  const words = parsePathWords(path).flatMap((text) => text.match(/[A-Za-z0-9]+/g) ?? []);
  return [method, ...words].join("_").toLowerCase();
}

function parsePathWords(path: string): string[] {
  try {
    return parsePath(path).map((part) => typeof part === "string" ? part : part.name);
  } catch {
    return [path]; // refused later, in other words
  }
}
