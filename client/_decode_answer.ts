import { askZod, type ZodOutcome } from "../contract/_ask_zod.ts";
import type { ZodSchema } from "../contract/_zod_def.ts";
import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { CursorPagination, Links, Pagination } from "../contract/pagination.ts";
import type { Meta } from "../errors/envelope.ts";
import { type IssueLike, validationErrors } from "../errors/validation_errors.ts";

/** What a successful answer says. */
export interface DecodedAnswer {
  readonly data: unknown;
  readonly meta: Meta | undefined;
  readonly links: Links | undefined;
}

/** What an answer breaks of its contract. */
export class BrokenContract extends Error {}

/** Reads the text of a successful answer; a promise only where its schema has an asynchronous refinement. */
export type AnswerDecoder = (text: string) => DecodedAnswer | Promise<DecodedAnswer>;

/** How the answers of an endpoint are read. */
export function answerDecoder({ kind, answer }: AnyEndpoint): AnswerDecoder {
  if (answer === undefined) return () => NOTHING;
  const parse = askZod(answer as ZodSchema, "parse");
  const check = (value: unknown, place: string) => then(parse(value), (outcome) => valueOf(outcome, place));
  if (kind === "plain") {
    return (text) => then(check(parseJson(text), "body"), (data) => ({ ...NOTHING, data }));
  }
  return (text) => {
    const envelope = asObject(parseJson(text), "body") as Envelope;
    const { data, pagination } = envelope;
    const meta = isObject(envelope.meta) ? envelope.meta : undefined;
    const links = isObject(envelope.links) ? envelope.links : undefined;
    if (kind === "data") return then(check(data, "data"), (value) => ({ data: value, meta, links }));
    if (!Array.isArray(data)) throw new BrokenContract("data: expected a list");
    checkPagination(kind, asObject(pagination, "pagination"));
    const items = data.map((item, index) => check(item, `data.${index}`));
    const all = items.some((item) => item instanceof Promise) ? Promise.all(items) : items;
    return then(all, (values) => ({ data: { items: values, pagination }, meta, links }));
  };
}

const NOTHING: DecodedAnswer = { data: undefined, meta: undefined, links: undefined };

/** What `next` makes of a value, at once where it is there. */
function then<Value, Result>(
  value: Promise<Value> | Value,
  next: (value: Value) => Result,
): Promise<Result> | Result {
  return value instanceof Promise ? value.then(next) : next(value);
}

function valueOf({ value, issues }: ZodOutcome, place: string): unknown {
  if (issues === undefined) return value;
  const [first] = validationErrors(issues.slice(0, 1) as readonly IssueLike[], place);
  throw new BrokenContract(`${first!.field}: ${first!.message}`);
}

/** Where in the list a page is, as far as walking on depends on it. */
function checkPagination(kind: string, pagination: object): void {
  const { page, has_next, next_cursor } = pagination as Readonly<Record<string, unknown>>;
  const isFit = kind === "list"
    ? Number.isSafeInteger(page) && typeof has_next === "boolean"
    : next_cursor == null || typeof next_cursor === "string";
  if (!isFit) throw new BrokenContract("pagination: expected that of a page");
}

interface Envelope {
  readonly data?: unknown;
  readonly meta?: Meta;
  readonly links?: Links;
  readonly pagination?: CursorPagination | Pagination;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BrokenContract("the body is no JSON");
  }
}

function asObject(value: unknown, place: string): object {
  if (isObject(value)) return value;
  throw new BrokenContract(`${place}: expected an object`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
