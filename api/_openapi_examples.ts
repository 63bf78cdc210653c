import { answerWriter } from "../contract/_write_answer.ts";
import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { OpenApiObject } from "./openapi_document.ts";

/** The examples of an endpoint's request, as a part of its media type. */
export function requestExamples({ examples }: AnyEndpoint): OpenApiObject {
  return named(examples.map(({ summary, body }) => ({ summary, value: body })));
}

/**
 * The examples of an endpoint's answer, as they travel.
 *
 * @throws {TypeError} when one does not fit the answer's schema.
 */
export function answerExamples(endpoint: AnyEndpoint): OpenApiObject {
  return named(endpoint.examples.map(({ summary, answer }) => ({
    summary,
    value: answer === undefined ? undefined : bodyOf(endpoint.kind, wireOf(endpoint, answer)),
  })));
}

interface Example {
  readonly summary: string | undefined;
  readonly value: unknown;
}

function named(examples: readonly Example[]): OpenApiObject {
  const given = examples.filter(({ value }) => value !== undefined);
  if (given.length === 0) return {};
  const entries = given.map(({ summary, value }, index) =>
    [`example${index + 1}`, { ...summary !== undefined && { summary }, value }] as const
  );
  return { examples: Object.fromEntries(entries) };
}

/** What travels for data that a handler holds: of a Date its text. */
function wireOf({ answer, route }: AnyEndpoint, given: unknown): unknown {
  if (answer === undefined) return undefined;
  const outcome = answerWriter(answer)(given);
  if (outcome instanceof Promise) return given; // only a request waits
  if (outcome.issues === undefined) return JSON.parse(JSON.stringify(outcome.value));
  const [{ path = [], message } = { message: "" }] = outcome.issues;
  const place = ["answer", ...path.map(String)].join(".");
  throw new TypeError(`Cannot describe "${route}": an example does not fit its schema: ${place}: ${message}`);
}

const META = {
  request_id: "req_0123456789ab",
  correlation_id: "corr_0123456789ab",
  timestamp: "2026-01-01T12:00:00.000Z",
};
const PAGE = { limit: 50, has_next: false, has_previous: false };

function bodyOf(kind: AnyEndpoint["kind"], data: unknown): unknown {
  switch (kind) {
    case "data":
      return { data, meta: META };
    case "list":
      return { data: [data], meta: META, pagination: { page: 1, total: 1, pages: 1, ...PAGE }, links: LINKS };
    case "cursorList":
      return { data: [data], meta: META, pagination: PAGE, links: LINKS };
    default:
      return data;
  }
}

const LINKS = { self: "/?limit=50" };
