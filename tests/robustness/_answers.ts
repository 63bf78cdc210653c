// What every answer of the application in _hostile_app.ts must be, whatever the request was.
import assert from "node:assert/strict";
import type { RawResponse } from "../_support/raw_http.ts";

const WELL_FORMED_ID = /^[A-Za-z0-9._:=+/-]{1,128}$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** RFC 3986, 3.3. Two slashes, or one that a browser takes for one, would lead to another host. */
const PATH_ABSOLUTE = /^\/(?![/\\])/;

/** The statuses that the application may answer with. */
export const KEPT_STATUSES: ReadonlySet<number> = new Set([200, 201, 404, 405, 413, 415, 422]);

/** Over a socket a body can also end too early. */
const SOCKET_STATUSES: ReadonlySet<number> = new Set([...KEPT_STATUSES, 400]);

/** An answer, from `fetch` or from a socket. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly isHead: boolean;
  header(name: string): string | undefined;
}

interface Envelope {
  readonly data?: unknown;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly details?: { readonly validation_errors?: unknown };
  };
  readonly meta: { readonly request_id: string; readonly correlation_id: string; readonly timestamp: string };
  readonly links?: Readonly<Record<string, string>>;
}

/** Fails unless the answer is one that the contract knows. Gives the envelope, where there is one. */
export function checkAnswer(
  answer: Answer,
  statuses: ReadonlySet<number> = KEPT_STATUSES,
): Envelope | undefined {
  const { status, body } = answer;
  const requestId = answer.header("x-request-id") ?? "";
  const correlationId = answer.header("x-correlation-id") ?? "";
  assert.ok(statuses.has(status), `an expected status, got ${status}: ${body.slice(0, 500)}`);
  assert.match(requestId, WELL_FORMED_ID);
  assert.match(correlationId, WELL_FORMED_ID);
  assert.equal(answer.header("x-service-name"), "hostile");
  assert.match(answer.header("traceparent") ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
  assert.equal(answer.header("x-injected"), undefined, "a header was injected");
  if (status === 405) assert.match(answer.header("allow") ?? "", /^[A-Z]+(, [A-Z]+)*$/);
  if (answer.isHead) {
    assert.equal(body, "");
    return undefined;
  }
  const contentType = answer.header("content-type");
  const parsed = JSON.parse(body);
  if (contentType === "application/problem+json") {
    assert.equal(parsed.status, status);
    assert.equal(parsed.type, "about:blank");
    assert.deepEqual([typeof parsed.title, typeof parsed.detail, typeof parsed.code], [
      "string",
      "string",
      "string",
    ]);
    assert.equal(parsed.request_id, requestId);
    assert.equal(parsed.correlation_id, correlationId);
    assert.match(parsed.instance, PATH_ABSOLUTE);
    if (status === 422) checkValidationErrors(parsed.errors);
    return undefined;
  }
  assert.equal(contentType, "application/json");
  const { data, error, meta, links } = parsed as Envelope;
  assert.equal(meta.request_id, requestId);
  assert.equal(meta.correlation_id, correlationId);
  assert.match(meta.timestamp, ISO_TIME);
  assert.equal(data === undefined, status >= 400, "data below 400 and only there");
  assert.equal(error !== undefined, status >= 400, "an error from 400 on and only there");
  for (const link of Object.values(links ?? {})) {
    assert.match(link, PATH_ABSOLUTE);
  }
  if (error !== undefined) {
    assert.match(error.code, /^[A-Z][A-Z0-9_]*$/);
    assert.equal(typeof error.message, "string");
    if (status === 422) checkValidationErrors(error.details?.validation_errors);
  }
  return parsed;
}

function checkValidationErrors(errors: unknown): void {
  assert.ok(Array.isArray(errors) && errors.length > 0, "a 422 says what is wrong");
  for (const { field, message, type } of errors) {
    assert.match(field, /^(body|query|path|header|cookie)(\.|$)/);
    assert.deepEqual([typeof message, typeof type], ["string", "string"]);
  }
}

/** Fails unless the ids of the answer are the caller's, where those are well formed. */
export function checkIds(request: Request, answer: Answer): void {
  for (
    const [name, made] of [["x-request-id", /^req_[0-9a-f]{12}$/], [
      "x-correlation-id",
      /^corr_[0-9a-f]{12}$/,
    ]] as const
  ) {
    const sent = request.headers.get(name);
    if (sent !== null && WELL_FORMED_ID.test(sent)) assert.equal(answer.header(name), sent);
    else assert.match(answer.header(name)!, made);
  }
}

/** Fails unless the error has the form that the client asked for, as far as it did so in a clear way. */
export function checkNegotiation(request: Request, answer: Answer): void {
  if (answer.status < 400) return;
  const accept = request.headers.get("accept");
  const isProblem = answer.header("content-type") === "application/problem+json";
  if (accept === "application/problem+json") assert.ok(isProblem);
  if (accept === null || !/problem\+json/i.test(accept)) assert.ok(!isProblem);
  assert.match(answer.header("vary") ?? "", /\bAccept\b/i);
}

/** Whether the answer is the application's. Of the server itself only a refusal of the bytes is accepted. */
export function checkSocketAnswer(response: RawResponse, method: string): boolean {
  if (response.header("x-request-id") === undefined) {
    // 505: a version of HTTP that it does not know, or what it takes for one.
    const { status } = response;
    assert.ok((status >= 400 && status < 500) || status === 505, `the server itself answered ${status}`);
    return false;
  }
  checkAnswer({ ...response, isHead: method === "HEAD", header: response.header }, SOCKET_STATUSES);
  return true;
}
