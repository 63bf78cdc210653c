import type { RequestContext } from "../context/request_context.ts";
import { pathAbsolute } from "./_request_path.ts";
import type { ErrorDetail } from "../errors/envelope.ts";
import { statusPhrase } from "../errors/status_phrase.ts";
import { QUOTA_EXCEEDED } from "./rate_limit/_fields.ts";

/** An RFC 9457 problem document, with the members of this package. */
export interface Problem {
  /** `about:blank`, since the member `code` names the error; only a request that is over a limit has a registered type. */
  readonly type: string;
  /** The status phrase, as RFC 9457 asks for `about:blank`. */
  readonly title: string;
  /** HTTP status. */
  readonly status: number;
  /** The error's message. */
  readonly detail: string;
  /** Path of the request. */
  readonly instance?: string;
  /** The error's code. */
  readonly code: string;
  /** Id of the request. */
  readonly request_id: string;
  /** Correlation id of the request. */
  readonly correlation_id: string;
  /** What is wrong with the request, field by field. */
  readonly errors?: unknown;
  /** Of a request that is over a limit: the names of the policies. */
  readonly "violated-policies"?: unknown;
  /** The error's other details. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The problem document that says the same as an error envelope. */
export function toProblem(status: number, error: ErrorDetail, context: RequestContext): Problem {
  const { validation_errors: errors, violated_policies: policies, ...details } = error.details ?? {};
  return {
    type: policies === undefined ? "about:blank" : QUOTA_EXCEEDED,
    title: statusPhrase(status),
    status,
    detail: error.message,
    ...(context.path !== undefined && { instance: encodePath(context.path) }),
    code: error.code,
    request_id: context.requestId,
    correlation_id: context.correlationId,
    ...(errors !== undefined && { errors }),
    ...(policies !== undefined && { "violated-policies": policies }),
    ...(Object.keys(details).length > 0 && { details }),
  };
}

/** Hono decodes the path; `instance` is a URI reference. */
function encodePath(path: string): string {
  const url = new URL("http://localhost");
  url.pathname = path;
  return pathAbsolute(url.pathname);
}
