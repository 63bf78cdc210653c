import type { EndpointContext } from "../_endpoint_context.ts";
import { type RequestState, stateOf } from "../_request_state.ts";
import { resultGone } from "./_refusals.ts";
import type { KeptAnswer } from "./idempotency_store.ts";

/**
 * Headers that belong to one request or connection, or that only the first caller may see: hop-by-hop headers (RFC 9110,
 * 7.6.1), what servers write by themselves, cookies, and what `glamMiddleware` writes anew for each request.
 */
const NOT_KEPT = /* @__PURE__ */ new RegExp(
  "^(?:connection|keep-alive|proxy-auth.*|proxy-connection|te|trailer|transfer-encoding|upgrade" +
    "|content-length|date|server|server-timing|set-cookie.*|access-control-.*" +
    "|x-request-id|x-correlation-id|x-service-name|traceparent|tracestate)$",
);
/** 4xx that say something of the moment: the same request may be answered otherwise later. */
const OF_THE_MOMENT: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether repetitions get the answer to a failure. */
export function isKeptFailure(status: number): boolean {
  return status >= 400 && status < 500 && !OF_THE_MOMENT.has(status);
}

/** Makes what is kept of an answer to a request. */
export interface AnswerKeeper {
  /** Of a success, whose body is read: what is to be sent in its place comes along. */
  take(response: Response): Promise<{ readonly answer: KeptAnswer; readonly response: Response }>;
  /** Of an answer that is about to be sent, which stays readable. */
  of(response: Response): Promise<KeptAnswer>;
}

/** Made before the handler runs: headers that are set by then are the request's, and not the answer's. */
export function answerKeeper(c: EndpointContext, state: RequestState, maxBytes: number): AnswerKeeper {
  state.lastSuccess = "wanted";
  const before = state.plain === true ? undefined : c.body("", 200 as never, {}).headers;
  const answerOf = ({ status, headers }: Response, body: string | undefined): KeptAnswer => ({
    status,
    headers: body === undefined
      ? []
      : [...headers].filter(([name, value]) => !NOT_KEPT.test(name) && before?.get(name) !== value),
    body,
  });
  return {
    async take(response) {
      const { lastSuccess } = state;
      const isKnown = typeof lastSuccess === "object" && lastSuccess.response === response;
      const text = isKnown ? lastSuccess.text : await response.text(); // a clone would be a stream, which costs more
      const isShort = text.length * 3 <= maxBytes || new TextEncoder().encode(text).byteLength <= maxBytes;
      const answer = answerOf(response, isShort ? text : undefined);
      if (isKnown) return { answer, response };
      const { status, headers } = response;
      return { answer, response: new Response(hasBody(status) ? text : null, { status, headers }) };
    },
    of: async (response) => answerOf(response, await textOf(response.clone(), maxBytes)),
  };
}

function hasBody(status: number): boolean {
  return status !== 204 && status !== 205;
}

/** The text of a response; `undefined` where it has more bytes, or is no text that a database can keep. */
async function textOf(response: Response, maxBytes: number): Promise<string | undefined> {
  const bytes = await response.arrayBuffer();
  if (bytes.byteLength > maxBytes) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * Answers a repetition.
 *
 * @throws {GlamError} 409 when the answer was too large to be kept.
 */
export function replay(c: EndpointContext, { status, headers, body }: KeptAnswer): Response {
  if (body === undefined) throw resultGone(status);
  const state = stateOf(c);
  if (state !== undefined) state.made = undefined;
  const own = { ...Object.fromEntries(headers), "Idempotent-Replayed": "true" };
  return c.body((hasBody(status) ? body : null) as string, status as never, own);
}
