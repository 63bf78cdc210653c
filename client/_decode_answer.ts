import { askZod } from "../contract/_ask_zod.ts";
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

/** Reads the text of a successful answer. */
export type AnswerDecoder = (text: string) => Promise<DecodedAnswer>;

/** How the answers of an endpoint are read. */
export function answerDecoder({ kind, answer }: AnyEndpoint): AnswerDecoder {
  if (answer === undefined) {
    return () => Promise.resolve({ data: undefined, meta: undefined, links: undefined });
  }
  const parse = askZod(answer as ZodSchema, "parse");
  const check = async (value: unknown, place: string) => {
    const { issues, value: parsed } = await parse(value);
    if (issues === undefined) return parsed;
    const [first] = validationErrors(issues.slice(0, 1) as readonly IssueLike[], place);
    throw new BrokenContract(`${first!.field}: ${first!.message}`);
  };
  return async (text) => {
    const body = parseJson(text);
    if (kind === "plain") return { data: await check(body, "body"), meta: undefined, links: undefined };
    const { data, meta, links, pagination } = asObject(body, "body") as Envelope;
    if (kind === "data") return { data: await check(data, "data"), meta, links };
    if (!Array.isArray(data)) throw new BrokenContract("data: expected a list");
    asObject(pagination, "pagination");
    const items: unknown[] = [];
    for (let i = 0; i < data.length; i++) items.push(await check(data[i], `data.${i}`));
    return { data: { items, pagination }, meta, links };
  };
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
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new BrokenContract(`${place}: expected an object`);
}
