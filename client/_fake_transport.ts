import { askZod } from "../contract/_ask_zod.ts";
import { answerWriter } from "../contract/_write_answer.ts";
import type { ZodSchema } from "../contract/_zod_def.ts";
import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { SchemaLike } from "../contract/schema_like.ts";
import { createMeta, envelopeBody, envelopeResponse } from "../errors/envelope.ts";
import { toGlamError } from "../errors/to_glam_error.ts";
import { stringifyBigints } from "../internal/exact_json.ts";
import type { LooseInput } from "./_prepare_request.ts";
import { WrongFake } from "./_wrong_fake.ts";
import type { Transport } from "./options.ts";

/** A handler that stands in for an endpoint, whatever its types. */
export type AnyFake = (args: object) => unknown;

/** Carries one call to a fake: its input goes through the contract's schemas, and its result over the wire. */
export function fakeTransport(endpoint: AnyEndpoint, fake: AnyFake, input: LooseInput): Transport {
  return {
    async fetch(request) {
      try {
        const args = await argsOf(endpoint, input);
        return await answerOf(endpoint, await fake({ ...args, signal: request.signal }), input);
      } catch (error) {
        if (error instanceof WrongFake) throw error;
        const answered = toGlamError(error); // as a service answers it
        return envelopeResponse(answered, envelopeBody(answered));
      }
    },
  };
}

const TEXT_PARTS = ["params", "query", "headers", "cookies"] as const;

async function argsOf(endpoint: AnyEndpoint, input: LooseInput): Promise<Record<string, unknown>> {
  const args: Record<string, unknown> = {};
  for (const part of TEXT_PARTS) {
    const texts = Object.create(null); // so that `__proto__` is a member like any other
    for (const [name, value] of Object.entries(input[part] ?? {})) {
      if (value !== undefined) texts[name] = Array.isArray(value) ? value.map(asText) : asText(value);
    }
    args[part] = await parsed(endpoint[part], texts, `${endpoint.route}: ${part}`);
  }
  if (endpoint.body !== undefined) {
    args["body"] = await parsed(
      endpoint.body,
      JSON.parse(JSON.stringify(input.body) ?? "null"),
      `${endpoint.route}: body`,
    );
  }
  args["form"] = await parsed(endpoint.form, input.form, `${endpoint.route}: form`);
  return args;
}

function asText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

async function parsed(schema: SchemaLike | undefined, value: unknown, place: string): Promise<unknown> {
  if (schema === undefined) return value;
  const { issues, value: output } = await askZod(schema as ZodSchema, "parse")(value);
  if (issues === undefined) return output;
  const [{ path = [], message } = { message: "" }] = issues;
  throw new WrongFake(`Cannot call the fake of ${[place, ...path].join(".")}: ${message}`);
}

async function answerOf(
  endpoint: AnyEndpoint,
  result: unknown,
  { query = {} }: LooseInput,
): Promise<Response> {
  const { kind, answer, statuses: [status], route } = endpoint;
  if (kind === "raw") return result as Response;
  if (kind === "empty") return new Response(null, { status });
  const isList = kind === "list" || kind === "cursorList";
  const { items = [], total = 0, next, previous } = (result ?? {}) as {
    items?: unknown[];
    total?: number;
    next?: string | null;
    previous?: string | null;
  };
  const values = await Promise.all((isList ? items : [result]).map(answerWriter(answer!)));
  const wrong = values.find(({ issues }) => issues !== undefined)?.issues?.[0];
  if (wrong !== undefined) {
    throw new WrongFake(
      `The fake of ${route} breaks its contract: ${[...wrong.path ?? []].join(".")}: ${wrong.message}`,
    );
  }
  const written = values.map(({ value }) => value);
  if (kind === "plain") return json(written[0], status);
  if (!isList) return json({ data: written[0], meta: createMeta() }, status);
  const limit = Number(query["limit"] ?? endpoint.page.defaultLimit);
  const page = Number(query["page"] ?? 1);
  const pages = Math.ceil(total / limit);
  const pagination = kind === "list"
    ? { page, limit, total, pages, has_next: page < pages, has_previous: page > 1 }
    : {
      limit,
      has_next: next != null,
      has_previous: previous != null,
      ...next != null && { next_cursor: next },
      ...previous != null && { previous_cursor: previous },
    };
  return json({ data: written, meta: createMeta(), pagination }, status);
}

function json(body: unknown, status: number): Response {
  return new Response(stringifyBigints(body, String), {
    status,
    headers: { "Content-Type": "application/json" },
  });
}
